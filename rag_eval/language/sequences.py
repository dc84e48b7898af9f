"""Runs of words that two texts have in common, in time in proportion to both."""

from collections.abc import Sequence


class WordSequence:
    """Words in which runs of others' words are looked for: a suffix automaton.

    Blumer et al., "The smallest automaton recognizing the subwords of a text" (1985).
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._next: list[dict[str, int]] = [{}]
        self._link, self._length = [-1], [0]
        last = 0
        for word in words:
            last = self._extended(last, word)

    def longest_run(self, words: Sequence[str]) -> int:
        """The most neighbouring words of these that stand here as neighbours too."""
        state = run = best = 0
        for word in words:
            while state and word not in self._next[state]:
                state = self._link[state]
                run = self._length[state]
            if word in self._next[state]:
                state, run = self._next[state][word], run + 1
                best = max(best, run)
        return best

    def _extended(self, last: int, word: str) -> int:
        """One word more at the end; the state of the whole."""
        whole = self._state({}, self._length[last] + 1, 0)
        state = last
        while state >= 0 and word not in self._next[state]:
            self._next[state][word] = whole
            state = self._link[state]
        if state >= 0:
            self._link[whole] = self._parted(state, word)
        return whole

    def _parted(self, state: int, word: str) -> int:
        """The state that a word leads to, of its own where others lead there by more words."""
        there = self._next[state][word]
        if self._length[there] == self._length[state] + 1:
            return there
        copy = self._state(dict(self._next[there]), self._length[state] + 1, self._link[there])
        while state >= 0 and self._next[state].get(word) == there:
            self._next[state][word] = copy
            state = self._link[state]
        self._link[there] = copy
        return copy

    def _state(self, following: dict[str, int], length: int, link: int) -> int:
        self._next.append(following)
        self._length.append(length)
        self._link.append(link)
        return len(self._next) - 1
