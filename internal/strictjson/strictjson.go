// Package strictjson reads JSON in one way only: names match in their exact case
// and stand once in an object, nothing is in a file that the program does not know,
// and nothing follows the value. Two readers of a file then see the same numbers.
package strictjson

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
)

// Decode reads the one JSON value of raw into the value that into points to.
func Decode(raw []byte, into any) error {
	return json.Unmarshal(raw, into, json.RejectUnknownMembers(true))
}

// OfVersion says whether raw is an object of the format and the version, whatever
// else is in it: what another version holds is not compared with what this one knows.
func OfVersion(raw []byte, format string, version int) error {
	var header struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(raw, &header); err != nil {
		return err
	}
	if header.Format != format || header.Version != version {
		return fmt.Errorf("format %q version %d, want %q version %d", header.Format, header.Version, format, version)
	}
	return nil
}

// DecodeFile is Decode of a regular file; its errors name the file without its
// folder.
func DecodeFile(path string, into any) error {
	raw, err := ReadFile(path)
	if err != nil {
		return err
	}
	if err := Decode(raw, into); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return nil
}

// ReadFile reads a regular file that is no link.
func ReadFile(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no %s", filepath.Base(path))
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", filepath.Base(path))
	}
	return os.ReadFile(path)
}
