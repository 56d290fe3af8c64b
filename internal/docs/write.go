package docs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"multigrade/internal/run"
)

// listFile is the file of a site that lists the others, one a line.
const listFile = "files.txt"

// Earlier are the files of the site in dir, none where there is nothing; a file
// that is not of a site is an error.
func Earlier(dir string) ([]string, error) {
	list, err := os.ReadFile(filepath.Join(dir, listFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	known := append(strings.Split(string(list), "\n"), listFile)
	var names []string
	err = filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && file == dir {
			return fs.SkipAll
		}
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		if name = filepath.ToSlash(name); !slices.Contains(known, name) {
			return fmt.Errorf("%s is no file of a site of multigrade; want a new or an empty directory", file)
		}
		names = append(names, name)
		return nil
	})
	return names, err
}

// Write replaces the site in dir, the files of which are earlier, by files. The list
// is written first, so that a site that is not whole can be replaced, too.
func Write(dir string, earlier []string, files map[string][]byte) error {
	all := slices.Sorted(maps.Keys(files))
	all = append(all, earlier...)
	slices.Sort(all)
	if err := writeFile(dir, listFile, []byte(strings.Join(slices.Compact(all), "\n")+"\n")); err != nil {
		return err
	}
	for _, name := range earlier {
		if _, still := files[name]; !still && name != listFile {
			if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
				return err
			}
		}
	}
	for name, content := range files {
		if err := writeFile(dir, name, content); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(dir, name string, content []byte) error {
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return run.WriteWhole(file, func(w io.Writer) error { _, err := w.Write(content); return err })
}
