"""JSON that somebody's program or hands made: lines, arrays, and what stands for one."""

from collections.abc import Iterator

from dataset.odd_files import File


def of_lines() -> Iterator[File]:
    """JSON Lines with one line that is odd; files of the same as an array."""
    for number, (line, says) in enumerate(ODD_JSON.items()):
        content = f'{{"question": "before"}}\n{line}\n{{"question": "after"}}\n'.encode("utf-8", "surrogatepass")
        yield File(f"line {number}.jsonl", content, says and rf"\.jsonl:2: {says}")
        array = f'[{{"question": "before"}}, {line}]'.encode("utf-8", "surrogatepass")
        yield File(f"array {number}.json", array, says and r"\.json:( is not|2: |1: expected UTF-8)")


ODD_JSON: dict[str, str] = {
    "5": "the line: expected a JSON object",
    "true": "the line",
    "null": "the line",
    '"text"': "the line",
    "[]": "the line",
    "NaN": "the line",
    "Infinity": "the line",
    "{}": "user_input: expected a question",
    "{": "the line",
    "}": "the line",
    '{"question": "a"} {"question": "b"}': "the line",
    '{"question": "a"}{"question": "b"}': "the line",
    '{"question": "a"},': "the line",
    '{"question": "a",}': "the line",
    "{'question': 'a'}": "the line",
    '{question: "a"}': "the line",
    '{"question": "a" "id": "b"}': "the line",
    '{"question": "a\tb"}': "the line",
    r'{"question": "\x41"}': "the line",
    r'{"question": "\u12"}': "the line",
    '// {"question": "a"}': "the line",
    '{"question": "a", "question": "b"}': "'question': expected a key that stands once",
    '{"question": null}': "user_input: expected a question",
    '{"question": ""}': "user_input",
    '{"question": " "}': "user_input",
    '{"question": []}': "user_input",
    '{"question": {}}': "user_input: expected a text",
    '{"question": true}': "user_input",
    '{"question": ["a"]}': "user_input: expected a text",
    '{"question": NaN}': "user_input",
    '{"": "a"}': "user_input",
    '{"question": "a", "reference": {"text": "b"}}': "",
    '{"question": "a", "reference": ["b", 5]}': "reference: expected a text",
    '{"question": "a", "reference": [["b"]]}': "",
    '{"question": "a", "reference": false}': "",
    '{"question": "a", "id": {"n": 1}}': "id: expected a text",
    '{"question": "a", "id": ["b"]}': "id: expected a text",
    '{"question": "before"}': "id: expected an id of its own",
    '{"question": "a", "reference_contexts": 5}': "reference_contexts: expected a list",
    '{"question": "a", "reference_contexts": {"text": "b"}}': "reference_contexts: expected a list",
    '{"question": "a", "reference_contexts": [null]}': "",
    '{"question": "a", "reference_contexts": [{"id": 1}]}': "reference_contexts: expected texts",
    '{"question": "a", "reference_contexts": [["b"]]}': "reference_contexts: expected texts",
    '{"question": "a", "reference_contexts": "[1"}': "reference_contexts: expected a JSON list",
    '{"question": "a", "contexts": [1.5]}': "retrieved_contexts: expected texts",
    '{"question": "a", "reference_context_ids": [true]}': "reference_context_ids: expected a list of ids",
    '{"question": "a", "reference_context_ids": [1.5]}': "reference_context_ids: expected a list of ids",
    '{"question": "a", "reference_context_ids": {"a": 1}}': "reference_context_ids: expected a list",
    '{"question": "a", "tags": 5}': "tags: expected a list",
    '{"question": "a", "tags": [{}]}': "tags: expected a list of ids",
    '{"question": "a", "answerable": 2}': "answerable: expected true or false",
    '{"question": "a", "answerable": "perhaps"}': "answerable",
    '{"question": "a", "answerable": []}': "answerable",
    '{"question": "a", "latency_s": "fast"}': "latency_s: expected a number",
    '{"question": "a", "latency_s": -1}': "latency_s",
    '{"question": "a", "latency_s": 1e999}': "",
    '{"question": "a", "latency_s": [1]}': "latency_s",
    '{"question": "a", "latency_s": 1' + "0" * 400 + "}": "latency_s",
    '{"question": "a", "n": 1' + "0" * 400 + "}": "",
    '{"question": "a", "n": 1' + "0" * 5000 + "}": "the line",
    '{"question": 1' + "0" * 400 + "}": "",
    '{"question": 0.1e-400}': "",
    '{"question": -0}': "",
    '{"question": "a", "x": ' + "[" * 90 + "]" * 90 + "}": "",
    '{"question": "a", "x": ' + "[" * 200 + "]" * 200 + "}": "the row",
    "[" * 3000: "the line",
    '{"a":' * 3000: "the line",
    r'{"question": "\ud800"}': "the row: expected Unicode",
    r'{"question": "a", "\udfff": 1}': "the row",
    '{"question": "\ud800"}': "the line: expected UTF-8|the line",
    r'{"question": "\ud83d\ude00"}': "",
    r'{"question": "\u0000"}': "",
    '{"question": "a", "metadata": "{"}': "",
    '{"question": "a", "metadata": [1]}': "",
    r'{"question": "a", "metadata": "{\"x\": NaN}"}': "",
    '{"question": "a", "x": {"": null}}': "",
    '{"question": "a", "inputs": "{"}': "",
    '{"inputs": "{\\"n\\": 1}"}': "user_input: expected a text",
    '{"inputs": {"messages": []}}': "user_input",
    '{"inputs": {"messages": {"a": 1}}}': "user_input",
    '{"inputs": {"messages": [5]}}': "user_input",
    '{"question": "a", "expectations": 5}': "",
}


def of_arrays() -> Iterator[File]:
    """JSON files that hold something else than an array of objects, or objects that hold one."""
    for number, text in enumerate((
        "", " ", "\n", "[", "]", "[]", "{}", "null", "5", '"text"', "NaN", "true", "[[]]", "[null]", "[1, 2]",
        "[,]", "[{}]",
        '[{"question": "a"}', '[{"question": "a"},]', '[{"question": "a"}] x', '[{"question": "a"}][{"question": "b"}]',
        '{"data": [{"question": "a"}], "more": [{"question": "b"}]}',
        '[{"question": "a"} {"question": "b"}]', "[" * 100_000, "[" * 500 + "]" * 500, "9" * 5000, "\ufeff", "[\0]",
    )):  # fmt: skip
        yield File(f"value {number}.json", text.encode(), rf"value {number}\.json: ?|:1: ")
