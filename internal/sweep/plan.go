package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"multigrade/internal/run"
	"multigrade/internal/strictjson"
)

const (
	planFile    = "plan.json"
	planFormat  = "multigrade-sweep"
	planVersion = 1
)

// A Plan lists the shards of a sweep.
type Plan struct {
	Format   string            `json:"format"`
	Version  int               `json:"version"`
	Versions map[string]string `json:"versions"` // of the program that made the plan
	Options  []string          `json:"options"`  // the columns of the table: those that a shard sets
	Shards   []Shard           `json:"shards"`
}

// A Shard is one training.
type Shard struct {
	Data     string            `json:"data"` // absolute path
	SHA256   string            `json:"sha256"`
	Seed     uint64            `json:"seed"`
	Settings map[string]string `json:"settings"` // option -> value as written
	Args     []string          `json:"args"`     // of the program, without --out
}

// NewPlan lists the shards of s: data sets, then settings in the alphabetical order
// of the options, of which the fold is one, then seeds, the last changing fastest. What
// is there twice, data under two names, too, is an error. flags are those of the command.
func NewPlan(s *Spec, flags map[string]Flag) (*Plan, error) {
	if s.Command == "" {
		s.Command = Commands[0]
	}
	if len(s.Seeds) == 0 {
		s.Seeds = []uint64{1}
	}
	if err := s.validate(flags); err != nil {
		return nil, err
	}
	if err := s.absolute(); err != nil {
		return nil, err
	}
	options := s.options()
	p := &Plan{Format: planFormat, Version: planVersion, Versions: run.Versions(), Options: slices.Sorted(maps.Keys(options))}
	sums := map[string]string{}
	if err := once("data", s.Data, func(path string) (sum string, err error) {
		sums[path], err = run.FileHash(path)
		return sums[path], err
	}); err != nil {
		return nil, err
	}
	for _, path := range s.Data {
		sum := sums[path]
		for _, settings := range combinations(options, p.Options) {
			for _, seed := range s.Seeds {
				p.Shards = append(p.Shards, Shard{Data: path, SHA256: sum, Seed: seed, Settings: settings, Args: arguments(s.Command, path, seed, settings, p.Options, flags)})
			}
		}
	}
	return p, nil
}

// combinations are all choices of one value per option.
func combinations(options map[string]Settings, names []string) []map[string]string {
	all := []map[string]string{{}}
	for _, name := range names {
		var next []map[string]string
		for _, settings := range all {
			for _, v := range options[name] {
				with := maps.Clone(settings)
				with[name] = v
				next = append(next, with)
			}
		}
		all = next
	}
	return all
}

// arguments are those of one call of the program.
func arguments(command, data string, seed uint64, settings map[string]string, names []string, flags map[string]Flag) []string {
	args := []string{command, "--json", "--quiet", "--seed=" + strconv.FormatUint(seed, 10)}
	for _, name := range names {
		switch v := settings[name]; {
		case flags[name].Valued:
			args = append(args, "--"+name+"="+v)
		case v == "true":
			args = append(args, "--"+name)
		}
	}
	return append(args, "--", data)
}

// Write begins the sweep directory dir. A directory that has a plan keeps it: the
// same plan again is no error, another one is.
func (p *Plan) Write(dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, planFile)); err == nil {
		there, err := ReadPlan(dir)
		if err == nil && !reflect.DeepEqual(there, p) {
			err = fmt.Errorf("%s has another plan already", dir)
		}
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, shardsDir), 0o777); err != nil {
		return err
	}
	return run.WriteWhole(filepath.Join(dir, planFile), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		e.SetEscapeHTML(false)
		return e.Encode(p)
	})
}

// ReadPlan reads the plan of the sweep directory dir.
func ReadPlan(dir string) (*Plan, error) {
	name := filepath.Join(dir, planFile)
	if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no %s: sweep plan makes one", dir, planFile)
	}
	raw, err := strictjson.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	p := new(Plan)
	if err = strictjson.OfVersion(raw, planFormat, planVersion); err == nil {
		err = strictjson.Decode(raw, p)
	}
	for i := 0; err == nil && i < len(p.Shards); i++ {
		if err = p.Shards[i].consistent(p.Options); err != nil {
			err = fmt.Errorf("shard %d: %w", i, err)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; %s", name, err, planAgain)
	}
	return p, nil
}

// consistent compares what a shard is said to be, which the table repeats, with the
// arguments that it is done by, those of arguments for the options names.
func (s *Shard) consistent(names []string) error {
	for name := range s.Settings {
		if !slices.Contains(names, name) {
			return fmt.Errorf("the setting %q is none of the plan's options %q", name, names)
		}
	}
	rest := s.Args
	want := func(what, value string, args ...string) error {
		if got := rest[:min(len(args), len(rest))]; !slices.Equal(got, args) {
			return fmt.Errorf("%s is %q, and the arguments have %q in the place of %q", what, value, got, args)
		}
		rest = rest[len(args):]
		return nil
	}
	if len(rest) == 0 || !slices.Contains(Commands, rest[0]) {
		return fmt.Errorf("the arguments %q, want those of %s", rest, strings.Join(Commands, " or "))
	}
	seed := strconv.FormatUint(s.Seed, 10)
	if err := want("the seed", seed, rest[0], "--json", "--quiet", "--seed="+seed); err != nil {
		return err
	}
	for _, name := range names {
		v, is := s.Settings[name]
		var err error
		switch flag := "--" + name; {
		case !is:
			err = fmt.Errorf("no setting of the option %q", name)
		case v == "true" && len(rest) > 0 && rest[0] == flag:
			rest = rest[1:]
		case v == "false" && (len(rest) == 0 || rest[0] != flag && !strings.HasPrefix(rest[0], flag+"=")): // a flag that is not given
		default:
			err = want(name, v, flag+"="+v)
		}
		if err != nil {
			return err
		}
	}
	if err := want("the data", s.Data, "--", s.Data); err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("the arguments %q belong to no setting", rest)
	}
	return nil
}

// planAgain is what helps where a plan cannot be used.
const planAgain = "remove it to plan the same again, which keeps the shards that are done"

// Check says whether there is a shard index.
func (p *Plan) Check(index int) error {
	if index < 0 || index >= len(p.Shards) {
		return fmt.Errorf("shard %d: want 0 to %d", index, len(p.Shards)-1)
	}
	return nil
}
