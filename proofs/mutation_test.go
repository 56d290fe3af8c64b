package proofs

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var long = flag.Bool("long", false, "run the long versions of the tests")

// mutants returns the field changed in every way tried: numbers to their
// neighbours, the opposite, the double and zero; every bit of a word of bits;
// the first and last digit of a hash; words to other words of the format.
func mutants(keyword, field string) []string {
	switch {
	case keyword == "sha256" && len(field) == 64:
		return []string{strings.Map(turnDigit, field), field[:63] + strings.Map(turnDigit, field[63:])}
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
	return []string{"true", "false", ReLU, Gated, StatusOptimal, StatusLimit, "dense", "sparse", "mu-", "x"}
}

func turnDigit(r rune) rune {
	if r == '0' {
		return 'f'
	}
	return '0'
}

// TestMutants changes everything that stands in small valid certificates, one
// field at a time. A mutant that is not refused must be true: the naive checker
// has to come to the same claims, in exact arithmetic, for every mutant.
func TestMutants(t *testing.T) {
	paths, err := filepath.Glob("testdata/valid/*.cert")
	if err != nil || len(paths) == 0 {
		t.Fatal("no valid certificates", err)
	}
	refused, malformed, stillTrue := 0, 0, 0
	for at, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !*long && (len(raw) > 2500 || at%15 != 0) {
			continue
		}
		lines := strings.Split(string(raw), "\n")
		for l := 1; l < len(lines); l++ {
			fields := strings.Split(lines[l], " ")
			for f := range fields {
				if lines[l] == "" || strings.HasPrefix(lines[l], "#") {
					continue
				}
				for _, mutant := range mutants(fields[0], fields[f]) {
					changed := append([]string{}, fields...)
					changed[f] = mutant
					mutated := append([]string{}, lines...)
					mutated[l] = strings.Join(changed, " ")
					if mutated[l] == lines[l] {
						continue
					}
					switch verdict := agree(t, path, strings.Join(mutated, "\n")); verdict {
					case Valid:
						stillTrue++
						if mayNotChange[fields[0]] && mutated[l] != "rel_gap -0" && !sameData(t, string(raw), strings.Join(mutated, "\n")) {
							t.Errorf("%s: accepted with line %d %q for %q", path, l+1, mutated[l], lines[l])
						}
					case Invalid:
						refused++
					case Malformed:
						malformed++
					}
				}
			}
		}
	}
	t.Logf("%d mutants refused, %d malformed, %d still true and proved so by both checkers", refused, malformed, stillTrue)
	if refused < 300 || stillTrue > refused {
		t.Errorf("the mutation test does not bite: %d refused, %d still true", refused, stillTrue)
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
func agree(t *testing.T, name, text string) Verdict {
	t.Helper()
	r, err := CheckReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	naive, err := naiveCheck(text)
	if (err != nil) != (r.Verdict() == Malformed) {
		t.Fatalf("%s: checker %+v, naive error %v, for\n%s", name, r.Claims, err, text)
	}
	if err == nil && !naiveAgrees(naive, r) {
		t.Fatalf("%s: checker %v, naive %v, for\n%s", name, falseClaims(r), naive, text)
	}
	return r.Verdict()
}
