package sweep

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func FuzzSpec(f *testing.F) {
	for _, text := range []string{
		"data: a.csv", "command: solve\ndata: [a.csv, b.csv]\noptions:\n  beta: [0.01, 0.003]\n  carry: [true, false]\nseeds: [1, 2, 3]\n",
		"data: &a [x]\noptions: {grades: *a}", "options:\n  beta: 1\n  beta: 2\n", "seeds: -1", "",
	} {
		f.Add(text)
	}
	name := filepath.Join(f.TempDir(), "spec.yaml")
	if err := os.WriteFile(filepath.Join(filepath.Dir(name), "a.csv"), []byte("a,b\n1,2\n"), 0o600); err != nil {
		f.Fatal(err)
	}
	flags := map[string]Flag{"beta": {Valued: true}, "grades": {Valued: true}, "carry": {}}
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := ReadSpec(name)
		if err != nil || s.count() > 1000 {
			return
		}
		p, err := NewPlan(s, flags)
		if err != nil {
			return
		}
		if float64(len(p.Shards)) != s.count() {
			t.Errorf("%d shards, counted %v", len(p.Shards), s.count())
		}
		for _, shard := range p.Shards {
			if shard.Args[len(shard.Args)-1] != shard.Data || shard.Args[len(shard.Args)-2] != "--" {
				t.Errorf("arguments %q", shard.Args)
			}
			for _, a := range shard.Args[1 : len(shard.Args)-2] {
				if !strings.HasPrefix(a, "--") {
					t.Errorf("argument %q", a)
				}
			}
		}
	})
}

func FuzzPlan(f *testing.F) {
	dir := f.TempDir()
	f.Add(`{"format":"multigrade-sweep","version":1,"versions":{},"options":["beta"],"shards":[{"data":"a","sha256":"","seed":1,"settings":{"beta":"1"},"args":["solve","--json","--quiet","--seed=1","--beta=1","--","a"]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(filepath.Join(dir, planFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := ReadPlan(dir)
		if err != nil {
			return
		}
		if p.Check(len(p.Shards)) == nil {
			t.Error("a shard too many")
		}
		for _, s := range p.Shards { // there are flags by which the settings are the arguments
			flags := map[string]Flag{}
			for _, name := range p.Options {
				flags[name] = Flag{Valued: slices.Contains(s.Args, "--"+name+"="+s.Settings[name])}
			}
			if want := arguments(s.Args[0], s.Data, s.Seed, s.Settings, p.Options, flags); !slices.Equal(want, s.Args) {
				t.Errorf("%q are not those of the settings, %q", s.Args, want)
			}
		}
	})
}
