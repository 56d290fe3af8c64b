package sweep

import (
	"fmt"
	"path/filepath"
	"slices"
)

// A Flag is one of those a sweep can set.
type Flag struct {
	Valued bool // a value follows it; true or false where none does
	// Read returns what a value means, as a text that equal values share ("0.03" and
	// "0.030"); an error says what was expected. Nil where every text is a value.
	Read func(value string) (string, error)
}

// meaning is what a value of the option name means.
func (f Flag) meaning(name, value string) (string, error) {
	switch {
	case !f.Valued && value != "true" && value != "false":
		return "", fmt.Errorf("option %s %q: want true or false", name, value)
	case slices.Contains(fileOptions, name):
		return sameFile(value)
	case f.Read == nil:
		return value, nil
	}
	meaning, err := f.Read(value)
	if err != nil {
		return "", fmt.Errorf("option %s %q: %w", name, value, err)
	}
	return meaning, nil
}

// sameFile is a name that all names of one file share.
func sameFile(name string) (string, error) {
	own, err := filepath.EvalSymlinks(name)
	if err != nil {
		return "", err
	}
	return filepath.Abs(own)
}

// once is an error if two of the values of what mean the same, as each would be a shard.
func once[T comparable](what string, values []T, meaning func(T) (string, error)) error {
	first := map[string]T{}
	for _, v := range values {
		m, err := meaning(v)
		if err != nil {
			return err
		}
		switch other, is := first[m]; {
		case is && other == v:
			return fmt.Errorf("%s %v twice", what, v)
		case is:
			return fmt.Errorf("%s %v twice: also as %v", what, v, other)
		}
		first[m] = v
	}
	return nil
}
