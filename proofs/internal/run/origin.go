package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"multigrade/proofs/internal/table"
	"multigrade/proofs/internal/verdict"
)

// array is where the array of a run out of core is. The file that it was made of, if it was, is compared
// with its hash, unless the array itself is given; path is "" where it is another one.
func (r *runChecker) array(ctx context.Context, given string) (path string, err error) {
	d := &r.manifest.Data
	if d.MadeOf == nil {
		return d.locate(r.dir, given)
	}
	of, err := d.MadeOf.locate(r.dir, given)
	if err != nil {
		return "", err
	}
	sum, isArray, err := hashOf(ctx, of)
	if err != nil {
		return "", err
	}
	switch {
	case sum == d.MadeOf.SHA256:
		r.judge(ClaimData, "table", fmt.Sprintf("sha256 %.16s... of the file that the array was made of, as manifest.json says; the numbers are the array's", sum), nil)
	case given != "" && isArray:
		return given, nil
	default:
		r.judge(ClaimData, verdict.ScopeFile, "", fmt.Errorf("sha256: the data file that the array was made of hashes to %s, manifest.json says %s", sum, d.MadeOf.SHA256))
		return "", nil
	}
	beside := of + strings.TrimPrefix(filepath.Base(d.Path), filepath.Base(d.MadeOf.Path))
	if info, err := os.Stat(beside); given != "" && err == nil && info.Mode().IsRegular() {
		return beside, nil
	}
	if path, err = d.locate(r.dir, ""); err != nil {
		err = fmt.Errorf("the array that was made of %s is not there: %w", of, err)
	}
	return path, err
}

// hashOf is the SHA-256 of a regular file, and whether it begins as an array does.
func hashOf(ctx context.Context, path string) (sum string, isArray bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", false, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", false, errors.Join(err, fmt.Errorf("%s: expected a regular file", path))
	}
	head := make([]byte, len(table.NpyMagic))
	if _, err := f.ReadAt(head, 0); err != nil && err != io.EOF {
		return "", false, err
	}
	sum, err = table.Sha256Of(ctx, f)
	return sum, string(head) == table.NpyMagic, err
}
