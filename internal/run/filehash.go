package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// FileHash is the SHA-256 of a regular file, read as a stream.
func FileHash(path string) (string, error) { return fileHash(context.Background(), path) }

// fileHash is FileHash, ended by its context.
func fileHash(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", errors.Join(err, fmt.Errorf("%s: want a regular file", path))
	}
	return hashOf(ctx, f)
}

// hashOf is the SHA-256 of a stream.
func hashOf(ctx context.Context, in io.Reader) (string, error) {
	h := sha256.New()
	_, err := io.Copy(h, &contextReader{ctx, in})
	return hex.EncodeToString(h.Sum(nil)), err
}
