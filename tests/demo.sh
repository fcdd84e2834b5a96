#!/bin/sh
# What a newcomer sees first: the example checked and rendered, and one wrong declaration with its message.
set -eu
plinth=$1
here=$(pwd)

echo "== plinth check: is every declaration right, and is rendered/ what they render to?"
"$plinth" check
echo
echo "== plinth render: write rendered/, which Argo CD syncs"
"$plinth" render
echo
echo "== a wrong declaration: a team misspells a field and asks for too vague a size"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -R platform tenants pipelines models schemas "$scratch"
tenant=$(ls tenants/*/tenant.yaml | head -n 1)
sed -e 's/costCentre:/costCenter:/' -e 's/memory: .*/memory: plenty/' "$tenant" > "$scratch/$tenant"
cd "$scratch"
case $plinth in /*) ;; *) plinth=$here/$plinth ;; esac
if "$plinth" check --no-fresh; then
  echo "the wrong declaration was not found" >&2
  exit 1
fi
echo
echo "That is what a pull request would be told. Next: README.md, \"I want to…\"."
