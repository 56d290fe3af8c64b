package certificate

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"multigrade/proofs/internal/naive"
	"multigrade/proofs/internal/verdict"
)

var update = flag.Bool("update", false, "write testdata/{valid,invalid,malformed} anew from the generator")

// Every member of a corpus opens with a comment that says what to expect:
// nothing more for valid ones, "CLAIM: words of the detail" for invalid ones,
// words of the error for malformed ones.
const expectComment = "# expect "

func TestMain(m *testing.M) {
	flag.Parse()
	if *update {
		for folder, members := range map[string]map[string]string{"valid": validCorpus(), "invalid": invalidCorpus(), "malformed": malformedCorpus()} {
			dir := filepath.Join("testdata", folder)
			if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
				panic(err)
			}
			for name, text := range members {
				if err := os.WriteFile(filepath.Join(dir, name+".cert"), []byte(text), 0o644); err != nil {
					panic(err)
				}
			}
		}
	}
	os.Exit(m.Run())
}

// corpus calls check for every member of a folder and asks for enough of them.
func corpus(t *testing.T, folder string, atLeast int, check func(t *testing.T, text, expect string)) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < atLeast {
		t.Errorf("%d members in %s, want at least %d", len(paths), folder, atLeast)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(raw), "\n")
			expect, ok := strings.CutPrefix(first, expectComment)
			if !ok {
				t.Fatalf("the first line is %q, want %q", first, expectComment)
			}
			check(t, string(raw), expect)
		})
	}
}

func checkText(t *testing.T, text string) verdict.Report {
	t.Helper()
	r, err := CheckReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// falseClaims are the claims the report calls invalid.
func falseClaims(r verdict.Report) map[string]bool {
	set := map[string]bool{}
	for _, c := range r.Claims {
		if c.Verdict == verdict.Invalid {
			set[c.Name] = true
		}
	}
	return set
}

func TestValidCorpus(t *testing.T) {
	corpus(t, "valid", 40, func(t *testing.T, text, expect string) {
		r := checkText(t, text)
		if r.Verdict() != verdict.Valid || expect != "valid" {
			t.Errorf("got %v: %+v", r.Verdict(), r.Claims)
		}
		if want := 8 + 3*strings.Count(text, "\nsection global "); len(r.Claims) != want {
			t.Errorf("%d claims, want %d", len(r.Claims), want)
		}
		if slow, err := naive.Check(text); err != nil || !naive.Agrees(slow, r) {
			t.Errorf("the naive checker says %v, %v", slow, err)
		}
		c, err := Decode(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		if err := Encode(&again, c); err != nil {
			t.Fatal(err)
		}
		d, err := Decode(&again)
		if err != nil || encoded(d) != encoded(c) {
			t.Errorf("encoded and decoded it is another certificate (%v)", err)
		}
	})
}

func TestInvalidCorpus(t *testing.T) {
	corpus(t, "invalid", 60, func(t *testing.T, text, expect string) {
		r := checkText(t, text)
		if r.Verdict() != verdict.Invalid {
			t.Fatalf("got %v: %+v", r.Verdict(), r.Claims)
		}
		name, words, _ := strings.Cut(expect, ": ")
		at := slices.IndexFunc(r.Claims, func(c verdict.Claim) bool { return c.Name == name })
		if at < 0 || r.Claims[at].Verdict != verdict.Invalid || !strings.Contains(r.Claims[at].Detail, words) {
			t.Errorf("want %s invalid with %q, got %+v", name, words, r.Claims)
		}
		slow, err := naive.Check(text)
		if err != nil || !naive.Agrees(slow, r) {
			t.Errorf("the naive checker says %v, %v; got %v", slow, err, falseClaims(r))
		}
	})
}

func TestMalformedCorpus(t *testing.T) {
	corpus(t, "malformed", 40, func(t *testing.T, text, expect string) {
		r := checkText(t, text)
		if r.Verdict() != verdict.Malformed || len(r.Claims) != 1 {
			t.Fatalf("got %v: %+v", r.Verdict(), r.Claims)
		}
		if !strings.Contains(r.Claims[0].Detail, expect) {
			t.Errorf("detail %q, want %q in it", r.Claims[0].Detail, expect)
		}
		if _, err := naive.Check(text); err == nil {
			t.Error("the naive checker reads it")
		}
	})
}

// TestFormatExample checks the example of FORMAT.md.
func TestFormatExample(t *testing.T) {
	raw, err := os.ReadFile("../../FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(raw), "## The smallest certificate")
	var text strings.Builder
	for _, line := range strings.Split(after, "\n") {
		if code, ok := strings.CutPrefix(line, "    "); ok {
			fmt.Fprintln(&text, code)
		} else if strings.HasPrefix(line, "##") {
			break
		}
	}
	if r := checkText(t, text.String()); r.Verdict() != verdict.Valid {
		t.Errorf("%+v", r.Claims)
	}
}

func encoded(c *Certificate) string {
	var b bytes.Buffer
	if err := Encode(&b, c); err != nil {
		panic(err)
	}
	return b.String()
}

func member(expect string, c *Certificate) string { return expectComment + expect + "\n" + encoded(c) }
