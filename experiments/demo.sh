#!/usr/bin/env bash
# The main job from end to end, offline: a dataset, two versions of a RAG service, two runs, one comparison.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

say() { printf '\n$ %s\n' "$*"; }

# The service wants credentials; these live as long as this script.
export RAG_STAGING_USERNAME=demo
RAG_STAGING_PASSWORD=$(python -c 'import secrets; print(secrets.token_urlsafe(16))')
export RAG_STAGING_PASSWORD
# Ten questions a minute are right for a person, and make an evaluation of 163 long.
export RAG_STAGING_QUERY_LIMIT=unlimited

say rag-eval build-dataset datasets/harbour/source/questions.jsonl -o datasets/harbour --corpus datasets/harbour/source/pages
rag-eval build-dataset datasets/harbour/source/questions.jsonl -o datasets/harbour --corpus datasets/harbour/source/pages

say rag-eval dataset check datasets/harbour
rag-eval dataset check datasets/harbour

for profile in weak strong; do
  say rag-eval staging --profile "$profile" --port 0 "&"
  rag-eval staging --profile "$profile" --port 0 --ready-file "$work/$profile" 2>"$work/$profile.log" &
  pids+=($!)
done
for profile in weak strong; do
  for _ in $(seq 300); do
    [ -s "$work/$profile" ] && break
    sleep 0.2
  done
  [ -s "$work/$profile" ] || { echo "the staging service did not start:" >&2; cat "$work/$profile.log" >&2; exit 3; }
done
STAGING_WEAK_URL=$(cat "$work/weak")
STAGING_STRONG_URL=$(cat "$work/strong")
export STAGING_WEAK_URL STAGING_STRONG_URL

for profile in weak strong; do
  # The gates look back at a baseline, and there is none yet.
  say rag-eval run "experiments/harbour-$profile.yaml" --no-gates
  rag-eval run "experiments/harbour-$profile.yaml" --no-gates
done

say rag-eval compare harbour-weak harbour-strong
rag-eval compare harbour-weak harbour-strong

# May the new version take the place of the old one, and the old one that of the new?
gate() {
  say rag-eval gate "$1" --against "$2"
  local code=0
  rag-eval gate "$1" --against "$2" || code=$?
  printf 'exit code %s\n' "$code"
  [ "$code" -eq "$3" ]
}
gate harbour-strong harbour-weak 0
gate harbour-weak harbour-strong 1
printf '\nMLflow on what was made here: make ui\n'
