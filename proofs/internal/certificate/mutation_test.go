package certificate

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"multigrade/proofs/internal/naive"
	"multigrade/proofs/internal/sphere"
	"multigrade/proofs/internal/verdict"
)

var long = flag.Bool("long", false, "run the long versions of the tests")

// mutants returns the field changed in every way tried: numbers to their
// neighbours, the opposite, the double and zero; every bit of a word of bits;
// the first and last digit of a hash; words to other words of the format.
func mutants(keyword, field string) []string {
	switch {
	case keyword == "sha256" && len(field) == 64:
		return []string{strings.Map(turnDigit, field), field[:63] + strings.Map(turnDigit, field[63:])}
	case strings.HasPrefix(keyword, "tree") && strings.Trim(field, ".0123") == "":
		return []string{"." + field[1:], "0" + field[1:], "x" + field[1:], field[1:], field + "."}
	case keyword == "pattern" && len(field) == 16:
		bits, _ := strconv.ParseUint(field, 16, 64)
		var list []string
		for b := range 64 {
			list = append(list, strings.Repeat("0", 16-len(strconv.FormatUint(bits^1<<b, 16)))+strconv.FormatUint(bits^1<<b, 16))
		}
		return list
	}
	if v, err := strconv.ParseFloat(field, 64); err == nil {
		var list []string
		for _, m := range []float64{up(v), down(v), -v, 2*v + 1, 0, v + 1, v - 1} {
			if math.Float64bits(m) != math.Float64bits(v) {
				list = append(list, strconv.FormatFloat(m, 'g', -1, 64))
			}
		}
		return list
	}
	return []string{"true", "false", ReLU, Gated, AbsoluteValue, Leaky + "0.5", StatusOptimal, StatusLimit, "dense", "sparse", "mu-", "x"}
}

func turnDigit(r rune) rune {
	if r == '0' {
		return 'f'
	}
	return '0'
}

// eachValid calls f for every valid certificate: all with -long, else those that
// short says.
func eachValid(t *testing.T, short func(at int, name, text string) bool, f func(name, text string)) {
	t.Helper()
	paths, err := filepath.Glob("testdata/valid/*.cert")
	if err != nil || len(paths) == 0 {
		t.Fatal("no valid certificates", err)
	}
	for at, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if name := strings.TrimSuffix(filepath.Base(path), ".cert"); *long || short(at, name, string(raw)) {
			f(name, string(raw))
		}
	}
}

// alwaysMutated are the smallest of their kind.
var alwaysMutated = map[string]bool{"global-closed-rank-2-optimal": true, "global-tree-rank-2-optimal": true, "global-tree-rank-1": true, "global-rows-rank-1": true, "global-branches-rank-1": true, "global-transfers-rank-1": true, "global-rows-rank-2-optimal": true, "loss-logistic-offset": true, "loss-huber-weights": true, "exact-leaky-0.25": true, "exact-abs": true, "ridge-one": true}

// TestMutants changes everything that stands in small valid certificates, one
// field at a time. A mutant that is not refused must be true: the naive checker
// has to come to the same claims, in exact arithmetic, for every mutant.
func TestMutants(t *testing.T) {
	count := map[verdict.Verdict]int{}
	short := func(at int, name, text string) bool { return at%20 == 0 && len(text) < 2500 || alwaysMutated[name] }
	eachValid(t, short, func(name, text string) {
		for _, m := range everyMutant(text) {
			got := agree(t, name, m.text)
			count[got]++
			if got == verdict.Valid && mayNotChange[m.keyword] && m.line != "rel_gap -0" && !sameData(t, text, m.text) {
				t.Errorf("%s: accepted with line %q", name, m.line)
			}
		}
	})
	bites(t, count)
}

// bites: a mutation test refuses most mutants.
func bites(t *testing.T, count map[verdict.Verdict]int) {
	t.Helper()
	t.Logf("%d mutants refused, %d malformed, %d still true and proved so by both checkers", count[verdict.Invalid], count[verdict.Malformed], count[verdict.Valid])
	if count[verdict.Invalid] < 50 || count[verdict.Valid] > count[verdict.Invalid] {
		t.Error("the mutation test does not bite")
	}
}

// A mutant is a text with one line changed.
type mutant struct{ keyword, line, text string }

func everyMutant(text string) (list []mutant) {
	lines := strings.Split(text, "\n")
	for l := 1; l < len(lines); l++ {
		if lines[l] == "" || strings.HasPrefix(lines[l], "#") {
			continue
		}
		fields := strings.Split(lines[l], " ")
		put := func(with ...string) {
			mutated := append(append(append([]string{}, lines[:l]...), with...), lines[l+1:]...)
			list = append(list, mutant{fields[0], strings.Join(with, "\n"), strings.Join(mutated, "\n")})
		}
		put()                   // the line is not there
		put(lines[l], lines[l]) // it is there twice
		for f := range fields {
			for _, m := range mutants(fields[0], fields[f]) {
				changed := append([]string{}, fields...)
				if changed[f] = m; m != fields[f] {
					put(strings.Join(changed, " "))
				}
			}
		}
	}
	return list
}

// TestTreeMutants changes every node of the trees of valid certificates, or
// leaves it out, and states the hash anew.
func TestTreeMutants(t *testing.T) {
	count := map[verdict.Verdict]int{}
	short := func(_ int, name, _ string) bool { return strings.HasPrefix(name, "global-tree-rank-2") }
	eachValid(t, short, func(name, text string) {
		c, err := Decode(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if c.Global != nil && c.Global.Plus != nil {
			mutateTree(t, name, c, &c.Global.Plus, count)
			mutateTree(t, name, c, &c.Global.Minus, count)
		}
	})
	bites(t, count)
}

// mutateTree puts other nodes and pieces of trees in the place of each node, and a
// leaf in that of each subtree. A leaf bisected is as true as before.
func mutateTree(t *testing.T, name string, c *Certificate, tree *[]byte, count map[verdict.Verdict]int) {
	t.Helper()
	whole := *tree
	defer func() { *tree = whole }()
	with := func(k, instead int, s string) verdict.Verdict {
		*tree = []byte(string(whole[:k]) + s + string(whole[k+instead:]))
		got := agree(t, name, encoded(c))
		count[got]++
		return got
	}
	_, r := sphere.NonzeroColumns(c.Data.X)
	size, err := sphere.SubtreeSizes(whole, r)
	if err != nil {
		t.Fatal(err)
	}
	for k, node := range whole {
		if len(whole) > 1 && with(k, 1, "") != verdict.Invalid {
			t.Errorf("%s: accepted without node %d of %s", name, k, whole)
		}
		with(k, int(size[k]), ".")
		for e := range r*(r-1)/2 + 1 {
			edge := string(rune(sphere.TreeEdge + e))
			if got := with(k, 1, edge); node == sphere.TreeLeaf && got != verdict.Invalid {
				t.Errorf("%s: accepted with %s for node %d of %s", name, edge, k, whole)
			}
			if got := with(k, 1, edge+".."); (got == verdict.Valid) != (node == sphere.TreeLeaf && e < r*(r-1)/2) {
				t.Errorf("%s: %v with %s for node %d of %s", name, got, edge+"..", k, whole)
			}
		}
	}
}

// mayNotChange are the keywords whose every change must be noticed, whatever
// else is true: the data and their hash (a zero's sign is part of its bits), the
// counts, the gap (where -0 is 0).
var mayNotChange = map[string]bool{"sha256": true, "x": true, "y": true, "rel_gap": true, "rows": true, "cols": true, "neurons": true, "patterns": true, "multipliers": true}

// sameData: the data sections say the same, which two sparse ones can do in
// different words.
func sameData(t *testing.T, a, b string) bool {
	t.Helper()
	var hashes [2]string
	for k, text := range []string{a, b} {
		c, err := Decode(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		hashes[k] = ProgramHash(c.Data.X, c.Data.Y) + c.Program.SHA256
	}
	return hashes[0] == hashes[1] && a != b && strings.Contains(a, "data sparse")
}

// agree runs both checkers on a text and insists on the same answer.
func agree(t *testing.T, name, text string) verdict.Verdict {
	t.Helper()
	r, err := CheckReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	slow, err := naive.Check(text)
	if (err != nil) != (r.Verdict() == verdict.Malformed) {
		t.Fatalf("%s: checker %+v, naive error %v, for\n%s", name, r.Claims, err, text)
	}
	if err == nil && !naive.Agrees(slow, r) {
		t.Fatalf("%s: checker %v, naive %v, for\n%s", name, falseClaims(r), slow, text)
	}
	return r.Verdict()
}
