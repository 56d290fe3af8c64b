package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"multigrade/testdata"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"multigrade": main})
}

// TestScript runs the command lines of testdata/script as a user would. In each
// script's directory there is diabetes.csv. Besides testscript's own commands:
//
//	exits N COMMAND...     COMMAND ends with exit status N
//	interrupt COMMAND...   COMMAND, sent an interrupt once it trains, ends with 130
//	keys PATH KEY...       the JSON object on standard output has, at the dotted
//	                       path ("." is the top), these keys
//	flip FILE REGEXP       changes the middle digit of the first match, or of its group
//	rehash RUN             makes the hashes in RUN/manifest.json those of the files
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			return os.WriteFile(filepath.Join(e.WorkDir, "diabetes.csv"), testdata.Diabetes, 0o666)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "interrupt": interrupt, "keys": keys, "flip": flip, "rehash": rehash,
		},
	})
}

func exitStatus(err error) int {
	var e *exec.ExitError
	if errors.As(err, &e) {
		return e.ExitCode()
	}
	return map[bool]int{true: 0, false: -1}[err == nil]
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	if got := exitStatus(err); got != want {
		ts.Fatalf("exit status %d (%v), want %d", got, err, want)
	}
}

func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	path := filepath.Join(strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator))[0], args[0])
	cmd := exec.Command(path, args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	var out, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &stderr
	ts.Check(cmd.Start())
	for range 3000 { // until the run directory is there under its temporary name
		if m, _ := filepath.Glob(ts.MkAbs(".multigrade-*")); len(m) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Check(cmd.Process.Signal(os.Interrupt))
	if got := exitStatus(cmd.Wait()); got != statusInterrupted {
		ts.Fatalf("exit status %d, want %d\n%s%s", got, statusInterrupted, out.String(), stderr.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs("interrupted.out"), []byte(out.String()), 0o666))
}

func keys(ts *testscript.TestScript, neg bool, args []string) {
	var v any
	d := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	ts.Check(d.Decode(&v))
	if d.More() {
		ts.Fatalf("more than one JSON value")
	}
	for _, step := range strings.FieldsFunc(args[0], func(r rune) bool { return r == '.' }) {
		if k, err := strconv.Atoi(step); err == nil {
			v = v.([]any)[k]
		} else {
			v = v.(map[string]any)[step]
		}
	}
	for _, key := range args[1:] {
		if _, ok := v.(map[string]any)[key]; !ok {
			ts.Fatalf("no key %q at %s in %v", key, args[0], v)
		}
	}
}

func flip(ts *testscript.TestScript, neg bool, args []string) {
	text := []byte(ts.ReadFile(args[0]))
	at := regexp.MustCompile(args[1]).FindSubmatchIndex(text)
	if at == nil {
		ts.Fatalf("%s: no match of %s", args[0], args[1])
	}
	at = at[len(at)-2:]
	var digits []int // the last digit of 17 may make no difference to the number
	for k := at[0]; k < at[1]; k++ {
		if text[k] >= '0' && text[k] <= '9' {
			digits = append(digits, k)
		}
	}
	k := digits[len(digits)/2]
	text[k] = '0' + (text[k]-'0'+1)%10
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o666))
}

func rehash(ts *testscript.TestScript, neg bool, args []string) {
	name := filepath.Join(args[0], manifestFile)
	var m map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(name)), &m))
	files := m["files"].(map[string]any)
	for f := range files {
		sum := sha256.Sum256([]byte(ts.ReadFile(filepath.Join(args[0], f))))
		files[f] = hex.EncodeToString(sum[:])
	}
	raw, err := json.Marshal(m)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(name), raw, 0o666))
}
