package dataset

import (
	"bytes"
	"compress/gzip"
	"context"
	"strings"
	"testing"
)

// Files of other formats are called by their names, in one line with what to do.
func TestForeign(t *testing.T) {
	pad := strings.Repeat("\x00\x01", 40)
	for name, text := range map[string]string{
		"Office": "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + pad, "HDF5": "\x89HDF\r\n\x1a\n" + pad, "SQLite": "SQLite format 3\x00" + pad, "R data": "RDX3\nX\n" + pad, "pickle": "\x80\x04\x95" + pad,
		"bzip2": "BZh91AY" + pad, "xz": "\xfd7zXZ\x00" + pad, "Zstandard": "\x28\xb5\x2f\xfd" + pad, "GIF": "GIF89a" + pad, "BMP": "BM\x01\x02\x03\x04\x00\x00\x00\x00" + pad, "TIFF": "II*\x00" + pad,
		"WebP": "RIFF\x10\x00\x00\x00WEBPVP8 " + pad, "tar archive": "a.csv" + strings.Repeat("\x00", 252) + "ustar" + pad, "UTF-32": "\xff\xfe\x00\x00a\x00\x00\x00", "PDF": "%PDF-1.4\n",
		"ARFF": "% a relation\n@RELATION iris\n@attribute a numeric\n@data\n1,2\n", "JSON": "[\n {\"a\": 1, \"y\": 2}]", "HTML": "\ufeff<?xml version=\"1.0\"?>\n<a/>\n", "Git LFS": "version https://git-lfs.github.com/spec/v1\noid sha256:4d\n",
		"gzip file within": string(zipped(zipped([]byte("a,y\n1,2\n3,4\n")))),
	} {
		if _, err := Read(context.Background(), "f", []byte(text), Options{Limits: DefaultLimits()}); err == nil || !strings.Contains(err.Error(), name) || !strings.HasSuffix(err.Error(), ")") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{"names in brackets": "[m],[s]\n1,2\n3,4\n", "orc and ore": "ore,y\n1,2\n3,4\n"} {
		if _, err := Read(context.Background(), "f", []byte(text), Options{Limits: DefaultLimits()}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What stands behind a gzip file is told from one that is cut off; several in a row are one.
func TestGzipEnds(t *testing.T) {
	first, second := zipped([]byte("a,y\n1,2\n")), zipped([]byte("3,4\n"))
	for _, c := range []struct {
		raw     []byte
		refused string
	}{
		{append(bytes.Clone(first), second...), ""},
		{append(bytes.Clone(first), "junk"...), "something else behind its end"},
		{append(bytes.Clone(first), second[:len(second)-3]...), "truncated file"},
		{first[:len(first)-3], "truncated file"},
		{append(bytes.Clone(first), second[:gzipHeader-1]...), "something else behind its end"},
	} {
		_, err := Read(context.Background(), "f", c.raw, Options{Limits: DefaultLimits()})
		if (err == nil) != (c.refused == "") || err != nil && !strings.Contains(err.Error(), c.refused) {
			t.Errorf("%v, want %q", err, c.refused)
		}
	}
	var big bytes.Buffer
	w := gzip.NewWriter(&big)
	line := []byte("1,2\n")
	w.Write([]byte("a,y\n"))
	for range 1 << 17 { // more than a part
		w.Write(line)
	}
	w.Close()
	if d, err := Read(context.Background(), "f", append(big.Bytes(), second...), Options{Limits: DefaultLimits()}); err != nil || d.Rows() != 1<<17+1 {
		t.Errorf("a large one and a small one: %v", err)
	}
}

// gzipHeader is the length of the shortest header of a gzip file.
const gzipHeader = 10
