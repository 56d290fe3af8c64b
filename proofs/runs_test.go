package proofs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var long = flag.Bool("long", false, "run the long versions of the tests")

// folder of whole runs: valid/NAME is a run directory; lies/NAME and malformed/NAME
// are changes of one, see testdata/runs/README.md.
const runsFolder = "testdata/runs"

// A change of a run: what is done to its files, and the claim that must then fail.
type change struct {
	base, claim string
	edits       []edit
}

type edit struct {
	file, old, with string
	remove          bool
}

func readChange(t *testing.T, path string) (c change) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch word {
		case "#", "":
		case "run":
			c.base = rest
		case "fails":
			c.claim = rest
		case "remove":
			c.edits = append(c.edits, edit{file: rest, remove: true})
		case "in":
			c.edits = append(c.edits, edit{file: rest})
		case "old":
			c.edits[len(c.edits)-1].old = rest
		case "new":
			c.edits[len(c.edits)-1].with = rest
		default:
			t.Fatalf("%s: unknown word %q", path, word)
		}
	}
	return c
}

// apply makes the changed run in a new folder, with hashes that go with it.
func (c change) apply(t *testing.T, path string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(runsFolder, "valid", c.base))); err != nil {
		t.Fatal(err)
	}
	for _, e := range c.edits {
		file := filepath.Join(dir, filepath.FromSlash(e.file))
		if e.remove {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil && e.old != "" {
			t.Fatal(err)
		}
		if !strings.Contains(string(raw), e.old) {
			t.Fatalf("%s: %q is not in %s", path, e.old, e.file)
		}
		text := strings.Replace(string(raw), e.old, e.with, 1)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	rehashRun(t, dir)
	return dir
}

func hashOf(t testing.TB, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// rehashRun is what a liar does last: it puts the hashes of the files as they are into
// approx.json and manifest.json, leaving all else as it is to the byte.
func rehashRun(t testing.TB, dir string) {
	t.Helper()
	replace := func(name string, pairs map[string]string) {
		path := filepath.Join(dir, name)
		raw, err := os.ReadFile(path)
		if err != nil {
			return
		}
		text := string(raw)
		for old, with := range pairs {
			text = strings.ReplaceAll(text, old, with)
		}
		if text == string(raw) {
			return
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var m struct {
		Files map[string]string `json:"files"`
	}
	raw, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil || json.Unmarshal(raw, &m) != nil {
		return
	}
	if old, now := m.Files["nodes.bin"], hashOf(t, filepath.Join(dir, "nodes.bin")); old != "" && now != "" {
		replace("approx.json", map[string]string{old: now})
	}
	pairs := map[string]string{}
	for name, old := range m.Files {
		if now := hashOf(t, filepath.Join(dir, filepath.FromSlash(name))); now != "" && old != "" {
			pairs[old] = now
		}
	}
	replace("manifest.json", pairs)
}

func TestValidRuns(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(runsFolder, "valid", "*"))
	if err != nil || len(paths) < 15 {
		t.Fatalf("%d runs, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			r, err := CheckRun(context.Background(), path, RunOptions{})
			if err != nil || r.Verdict() != Valid {
				t.Errorf("%v %v: %v", r.Verdict(), err, failing(r))
			}
		})
	}
}

func TestLies(t *testing.T)          { testChanges(t, "lies", Invalid, 40) }
func TestMalformedRuns(t *testing.T) { testChanges(t, "malformed", Malformed, 10) }

func testChanges(t *testing.T, folder string, want Verdict, atLeast int) {
	paths, err := filepath.Glob(filepath.Join(runsFolder, folder, "*.txt"))
	if err != nil || len(paths) < atLeast {
		t.Fatalf("%d members of %s, %v", len(paths), folder, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			c := readChange(t, path)
			r, err := CheckRun(context.Background(), c.apply(t, path), RunOptions{})
			if c.claim == "unreadable" {
				if err == nil {
					t.Errorf("%v: it can be read", r.Verdict())
				}
				return
			}
			if err != nil || r.Verdict() != want {
				t.Fatalf("%v %v, want %v: %v", r.Verdict(), err, want, failing(r))
			}
			for _, claim := range r.Claims {
				if claim.Name == c.claim && claim.Verdict == want {
					return
				}
			}
			t.Errorf("%s is not refused, but %v", c.claim, failing(r))
		})
	}
}

func failing(r Report) (lines []string) {
	for _, c := range r.Claims {
		if c.Verdict > Valid {
			lines = append(lines, fmt.Sprintf("%v %s, %s: %s", c.Verdict, c.Name, c.Scope, c.Detail))
		}
	}
	return lines
}

// Mutants that stay valid and mislead nobody, by file and the words before the place:
// fields that verify names as not checked, among them keys that are no option's (the
// option is then compared as not given); numbers of a proof that proves the same
// (the dual points, multipliers, patterns and trees of a certificate; claims that are
// weaker than what is proved and that the ledger, which is compared, does not repeat);
// the weights, objective and dead zone of a network made from the certificate's, where they
// leave every bit of the ledger as it is; enclosures and bounds of a scheme on the cube that are wider; blanks.
var harmless = map[string]*regexp.Regexp{
	"manifest.json": regexp.MustCompile(`^a key$|"(command|versions|seed|absolute|path|arch|go|gonum|multigrade|status|stopped|grades|beta|beta_absolute|bound_leaves|choose_beta|max_iter|one_standard_error|patterns|rounds|spread|width_work|work|growth|halving|samples|trained|dim|table|method|width)"`),
	"model.json":    regexp.MustCompile(`"(source|objective|w|dead_zone)"`),
	".cert":         regexp.MustCompile(`(?m)^(nu|mu[+-]|pattern|objective|tol|bound|quadratic[+-]|#|neuron|constant|w|gate|primal)`),
	"approx.json":   regexp.MustCompile(`"(eps|eps_below|eps_above|variation|stopped|status|l1|l2|linf|sup_bound|tau|rounding|lipschitz)"`),
	"trained.json":  regexp.MustCompile(`"(boxes|samples|stopped|status|l1|l2|linf|sup_bound|witness|eps|alpha|w|b|constant)"`),
	"nodes.bin":     regexp.MustCompile(``), // values may be rounded
}

// TestMutantsOfRuns changes one place of one file, with hashes that go with it: no
// panic, no hang, and what stays valid is harmless.
func TestMutantsOfRuns(t *testing.T) {
	each := 6
	if *long {
		each = 700 // of 16 runs: 11,200
	}
	paths, err := filepath.Glob(filepath.Join(runsFolder, "valid", "*"))
	if err != nil {
		t.Fatal(err)
	}
	count := map[Verdict]int{}
	kept := map[string]int{}
	for k, path := range paths {
		rng := rand.New(rand.NewPCG(uint64(k), 9))
		var files []string
		err := filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				name, err = filepath.Rel(path, name)
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(path)); err != nil {
			t.Fatal(err)
		}
		originals := map[string][]byte{}
		for _, name := range files {
			if originals[name], err = os.ReadFile(filepath.Join(path, name)); err != nil {
				t.Fatal(err)
			}
		}
		for n := range each {
			name := files[n%len(files)]
			mutant, at := mutate(rng, originals[name])
			if err := os.WriteFile(filepath.Join(dir, name), mutant, 0o644); err != nil {
				t.Fatal(err)
			}
			rehashRun(t, dir)
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			r, err := CheckRun(ctx, dir, RunOptions{})
			if ctx.Err() != nil {
				t.Errorf("%s, %s: hangs with byte %d changed", path, name, at)
			}
			cancel()
			count[r.Verdict()]++
			repaired, readErr := os.ReadFile(filepath.Join(dir, name))
			if err == nil && readErr == nil && string(repaired) != string(originals[name]) && r.Verdict() == Valid {
				where := placeOf(name, originals[name], at)
				kept[name+" "+where]++
				if !allowed(name, where) && !sameMeaning(name, originals[name], mutant) {
					t.Errorf("%s, %s: valid with byte %d changed, at %s: %q", path, name, at, where, around(mutant, at))
				}
			}
			for _, file := range files {
				if err := os.WriteFile(filepath.Join(dir, file), originals[file], 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	t.Logf("%v; valid %v", count, kept)
}

// mutate changes a digit, drops, doubles or swaps a byte, or flips a bit.
func mutate(rng *rand.Rand, raw []byte) (mutant []byte, at int) {
	if len(raw) == 0 {
		return []byte{'x'}, 0
	}
	at = rng.IntN(len(raw))
	mutant = append([]byte{}, raw...)
	switch rng.IntN(6) {
	case 0:
		mutant = append(mutant[:at], mutant[at+1:]...)
	case 1:
		mutant = append(mutant[:at+1], mutant[at:]...)
	case 2:
		mutant[at] ^= 1 << rng.IntN(8)
	case 3:
		mutant = mutant[:at]
	default: // a digit, if there is one from here on
		for at < len(mutant)-1 && (mutant[at] < '0' || mutant[at] > '9') {
			at++
		}
		if mutant[at] >= '0' && mutant[at] <= '9' {
			mutant[at] = '0' + (mutant[at]-'0'+byte(1+rng.IntN(9)))%10
		} else {
			mutant[at] ^= 1
		}
	}
	return mutant, at
}

// placeOf is the key or line that a byte of a file belongs to.
func placeOf(name string, raw []byte, at int) string {
	before := string(raw[:min(at+1, len(raw))])
	if strings.HasSuffix(name, ".json") {
		keys := regexp.MustCompile(`"[a-z_0-9]+" *:`).FindAllString(before, -1)
		if rest := regexp.MustCompile(`^[a-z_0-9]*" *:`).FindString(string(raw[min(at+1, len(raw)):])); rest != "" {
			return "a key"
		}
		if len(keys) > 0 {
			return keys[len(keys)-1]
		}
		return "the beginning"
	}
	line := before[strings.LastIndexByte(before, '\n')+1:]
	end := strings.IndexByte(string(raw[min(at, len(raw)):]), '\n')
	if end > 0 {
		line += string(raw[min(at+1, len(raw)) : at+end])
	}
	return line[:min(len(line), 40)]
}

func allowed(name, where string) bool {
	for file, pattern := range harmless {
		if strings.HasSuffix(name, file) && pattern.MatchString(where) {
			return true
		}
	}
	return false
}

// sameMeaning: JSON values, or fields of a text, that are equal; digits that do not
// change the float64.
func sameMeaning(name string, a, b []byte) bool {
	if strings.HasSuffix(name, ".json") {
		var x, y any
		if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
			return false
		}
		return fmt.Sprint(x) == fmt.Sprint(y)
	}
	room := 0.0
	if name == "ledger.csv" {
		room = 1e-12 // of the logistic loss; FORMAT.md
	}
	x, y := strings.FieldsFunc(string(a), separates), strings.FieldsFunc(string(b), separates)
	if len(x) != len(y) {
		return false
	}
	for k := range x {
		var v, w float64
		var err error
		if x[k] == y[k] {
			continue
		}
		if v, err = strconv.ParseFloat(x[k], 64); err != nil {
			return false
		}
		if w, err = strconv.ParseFloat(y[k], 64); err != nil || math.Abs(v-w) > room*math.Abs(v) {
			return false
		}
	}
	return true
}

func separates(r rune) bool { return r == ' ' || r == ',' || r == '\n' }

func around(raw []byte, at int) string {
	return string(raw[max(0, at-30):min(len(raw), at+30)])
}
