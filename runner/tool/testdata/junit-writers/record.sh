#!/bin/sh
# Records what real writers of JUnit write: pytest, node --test and gotestsum, each over the same four outcomes.
# usage, from the folder of this script: PYTHON=/usr/bin/python3 ./record.sh
set -u
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/py" "$work/js" "$work/go"
cat >"$work/py/test_mixed.py" <<'PY'
import pytest

@pytest.fixture
def broken():
    raise RuntimeError("no database")

def test_passes():
    print("quiet")

def test_fails():
    assert {"a": 1} == {"a": 2}

@pytest.mark.skip(reason="needs a printer")
def test_skipped():
    pass

def test_errors(broken):
    pass

@pytest.mark.parametrize("text", ["a<b>&\"c\"", "two\nlines", "\x1b[31m\x00"])
def test_names(text):
    assert "\x00" not in text
PY
printf 'import nowhere_to_be_found\n' >"$work/py/test_broken.py"
(cd "$work/py" && "$python" -m pytest -q -p no:cacheprovider --continue-on-collection-errors --junitxml="$here/pytest.xml" >/dev/null 2>&1)

cat >"$work/js/mixed.test.js" <<'JS'
const { test, describe } = require('node:test');
const assert = require('node:assert');
test('passes', () => {});
test('fails', () => { assert.strictEqual(1, 2); });
test('skipped', { skip: 'needs a printer' }, () => {});
describe('group', () => { test('a<b>&"c"', () => {}); test('same', () => {}); test('same', () => {}); });
JS
(cd "$work/js" && node --test --test-reporter=junit --test-reporter-destination="$here/node.xml" >/dev/null 2>&1)

printf 'module example.com/x\n\ngo 1.24\n' >"$work/go/go.mod"
cat >"$work/go/mixed_test.go" <<'GO'
package x

import "testing"

func TestPasses(t *testing.T) { t.Run("sub", func(t *testing.T) {}) }

func TestFails(t *testing.T) { t.Error("got 1, want 2") }

func TestSkipped(t *testing.T) { t.Skip("needs a printer") }
GO
gotestsum=$work/gotestsum
(cd "$here" && go build -o "$gotestsum" gotest.tools/gotestsum) || exit 1
(cd "$work/go" && GOWORK=off "$gotestsum" --junitfile "$here/gotestsum.xml" >/dev/null 2>&1)

for f in pytest node gotestsum; do
	sed -e "s#$work#/src#g" -e 's/hostname="[^"]*"/hostname="host"/g' "$here/$f.xml" >"$work/out" && cp "$work/out" "$here/$f.xml"
done
