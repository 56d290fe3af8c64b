package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"gonum.org/v1/gonum/mat"

	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/run"
	"multigrade/testdata"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"multigrade": main})
}

// TestScript runs the command lines of testdata/script as a user would. In each
// script's directory there are diabetes.csv and the images grey.png (16 x 12) and
// colour.png (8 x 6). Besides testscript's own commands:
//
//	exits N COMMAND...     COMMAND ends with exit status N
//	interrupt COMMAND...   COMMAND, sent an interrupt once it trains, ends with 130
//	killed FILE COMMAND... COMMAND is killed once FILE is there, before it ends
//	keys PATH KEY...       the JSON object on standard output has, at the dotted
//	                       path ("." is the top), these keys
//	flip FILE REGEXP       changes the middle digit of the first match, or of its group
//	rehash RUN             makes the hashes in RUN/manifest.json those of the files
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("GODEBUG", os.Getenv("GODEBUG")) // which can choose the kernels, and with them the bits
			return errors.Join(os.WriteFile(filepath.Join(e.WorkDir, "diabetes.csv"), testdata.Diabetes, 0o666),
				writePicture(filepath.Join(e.WorkDir, "grey.png"), 16, 12, 1), writePicture(filepath.Join(e.WorkDir, "colour.png"), 8, 6, 3))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "interrupt": interrupt, "killed": killed, "keys": keys, "flip": flip, "replace": replace, "rehash": rehash, "forge": forge,
		},
	})
}

// writePicture writes a smooth image.
func writePicture(name string, width, height, channels int) error {
	values := mat.NewDense(width*height, channels, nil)
	values.Apply(func(i, j int, _ float64) float64 {
		return 0.5 + 0.4*math.Sin(float64(i%width)/4+float64(j))*math.Cos(float64(i/width)/3)
	}, values)
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, dataset.Picture(values, width)), f.Close())
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
	out, err := signalled(ts, "*"+run.Unfinished, os.Interrupt, args)
	if got := exitStatus(err); got != exit.StatusInterrupted {
		ts.Fatalf("exit status %d, want %d\n%s", got, exit.StatusInterrupted, out)
	}
	ts.Check(os.WriteFile(ts.MkAbs("interrupted.out"), []byte(out), 0o666))
}

func killed(ts *testscript.TestScript, neg bool, args []string) {
	if out, err := signalled(ts, args[0], os.Kill, args[1:]); exitStatus(err) >= 0 {
		ts.Fatalf("%s ended before it was killed: %v\n%s", args[1], err, out)
	}
}

// signalled runs a command and sends it a signal once a file that matches the
// pattern is there.
func signalled(ts *testscript.TestScript, pattern string, signal os.Signal, args []string) (out string, err error) {
	path := filepath.Join(strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator))[0], args[0])
	cmd := exec.Command(path, args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	var both strings.Builder
	cmd.Stdout, cmd.Stderr = &both, &both
	ts.Check(cmd.Start())
	for range 30000 {
		if m, _ := filepath.Glob(ts.MkAbs(pattern)); len(m) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	ts.Check(cmd.Process.Signal(signal))
	err = cmd.Wait()
	return both.String(), err
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

// replace FILE PATTERN TEXT puts TEXT in the place of every match.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	text, pattern := ts.ReadFile(args[0]), regexp.MustCompile(args[1])
	if !pattern.MatchString(text) {
		ts.Fatalf("%s: no match of %s", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), pattern.ReplaceAll([]byte(text), []byte(args[2])), 0o666))
}

// forge is replace in a record, which then says the hash of what it has become.
func forge(ts *testscript.TestScript, neg bool, args []string) {
	replace(ts, neg, args)
	var r struct{ Content json.RawMessage }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &r))
	raw, err := run.EncodeRecord(r.Content)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), raw, 0o666))
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
	name := filepath.Join(args[0], run.ManifestFile)
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
