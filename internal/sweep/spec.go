package sweep

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// A Spec says which trainings a sweep consists of: all combinations of its data
// sets, the values of its options, its seeds and its folds.
//
//	command: solve            # or fit; solve by default
//	data: [a.csv, b.csv]      # relative to the file of the spec, as what test and gates name
//	options:                  # flags of the command; the values of a list are tried in turn
//	  beta: [0.01, 0.003]
//	  grades: 2
//	  carry: [true, false]
//	seeds: [1, 2, 3]          # 1 by default
//	folds: 5                  # each of 5 parts of the rows in turn is for the test
type Spec struct {
	Command string              `yaml:"command"`
	Data    Settings            `yaml:"data"`
	Options map[string]Settings `yaml:"options"`
	Seeds   []uint64            `yaml:"seeds"`
	Folds   int                 `yaml:"folds"` // >= 2, 0 for none
}

// Settings are the values of one option, each as it is written.
type Settings []string

// UnmarshalYAML reads one value or a list of them.
func (s *Settings) UnmarshalYAML(n *yaml.Node) error {
	values := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		values = n.Content
	}
	if len(values) == 0 {
		return fmt.Errorf("line %d: a list without a value", n.Line)
	}
	for _, v := range values {
		if v.Kind != yaml.ScalarNode || v.Tag == "!!null" {
			return fmt.Errorf("line %d: want a value or a list of values", v.Line)
		}
		*s = append(*s, v.Value)
	}
	return nil
}

// most is how many shards a plan may have: their numbers have six digits.
const most = 1_000_000

// ReadSpec reads a spec; files are found relative to its own place.
func ReadSpec(name string) (*Spec, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	var s Spec
	if err := d.Decode(&s); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, files := range s.files() {
		for i, file := range files {
			if !filepath.IsAbs(file) {
				files[i] = filepath.Join(filepath.Dir(name), file)
			}
		}
	}
	return &s, nil
}

// fileOptions are the flags whose values name files, which are there wherever a shard is done.
var fileOptions = []string{"gates", "test"}

// files are the data and the values of fileOptions.
func (s *Spec) files() []Settings {
	all := []Settings{s.Data}
	for _, name := range fileOptions {
		all = append(all, s.Options[name])
	}
	return all
}

// absolute makes the names of all files absolute; one that is not there is an error.
func (s *Spec) absolute() error {
	for _, files := range s.files() {
		for i, file := range files {
			if _, err := os.Stat(file); err != nil {
				return err
			}
			var err error
			if files[i], err = filepath.Abs(file); err != nil {
				return err
			}
		}
	}
	return nil
}

// Commands are those a sweep can consist of.
var Commands = []string{"solve", "fit"}

// reserved are the flags that a sweep sets itself.
var reserved = []string{"out", "resume", "json", "quiet", "seed", "threads"}

// validate checks the spec against the flags of its command.
func (s *Spec) validate(flags map[string]Flag) error {
	if !slices.Contains(Commands, s.Command) {
		return fmt.Errorf("command %q: want %s", s.Command, strings.Join(Commands, " or "))
	}
	if len(s.Data) == 0 {
		return errors.New("no data: want at least one data file")
	}
	if err := s.validateFolds(flags); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(s.Options)) {
		flag, known := flags[name]
		if !known || slices.Contains(reserved, name) {
			return fmt.Errorf("option %q: no flag of %s that a sweep can set", name, s.Command)
		}
		if err := once("option "+name, s.Options[name], func(v string) (string, error) { return flag.meaning(name, v) }); err != nil {
			return err
		}
	}
	if err := once("seed", s.Seeds, func(seed uint64) (string, error) { return strconv.FormatUint(seed, 10), nil }); err != nil {
		return err
	}
	if n := s.count(); n > most {
		return fmt.Errorf("%.0f shards: at most %d", n, most)
	}
	return nil
}

// foldOption is the flag that names the fold of a shard.
const foldOption = "fold"

// validateFolds checks the folds, which are the only test.
func (s *Spec) validateFolds(flags map[string]Flag) error {
	switch {
	case s.Folds == 0:
		return nil
	case s.Folds < 2:
		return fmt.Errorf("folds are %d, want at least 2", s.Folds)
	case !flags[foldOption].Valued:
		return fmt.Errorf("%s has no folds", s.Command)
	}
	for _, other := range []string{foldOption, "holdout", "test", "stride"} {
		if s.Options[other] != nil {
			return fmt.Errorf("option %q beside folds: each says which rows are for the test", other)
		}
	}
	return nil
}

// options are those of the spec and the folds.
func (s *Spec) options() map[string]Settings {
	if s.Folds == 0 {
		return s.Options
	}
	all := maps.Clone(s.Options)
	if all == nil {
		all = map[string]Settings{}
	}
	for i := range s.Folds {
		all[foldOption] = append(all[foldOption], fmt.Sprintf("%d/%d", i+1, s.Folds))
	}
	return all
}

// count is the number of shards.
func (s *Spec) count() float64 {
	n := float64(len(s.Data)) * float64(len(s.Seeds)) * float64(max(1, s.Folds))
	for _, values := range s.Options {
		n *= float64(len(values))
	}
	return n
}
