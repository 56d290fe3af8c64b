package dataset

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// pngHeader is a PNG file of that size that ends behind its header.
func pngHeader(width, height uint32) []byte {
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	chunk = append(binary.BigEndian.AppendUint32(chunk, height), 8, 2, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	return binary.BigEndian.AppendUint32(append(out, chunk...), crc32.ChecksumIEEE(chunk))
}

// zipOf is an archive with an array of n zeros called X, well compressed.
func zipOf(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("X.npy")
	if err != nil {
		t.Fatal(err)
	}
	w.Write(npyFile("'descr': '|u1', 'fortran_order': False, 'shape': ("+strconv.Itoa(n)+", 1), ", strings.Repeat("\x00", n)))
	z.Close()
	return b.Bytes()
}

// What would come to more than the limits is refused before memory is asked for.
func TestHostile(t *testing.T) {
	small := Limits{Bytes: 1 << 20, Columns: 1 << 10}
	columns := func(n int) []byte {
		return []byte("c" + strings.Repeat(",c", n-1) + "\n1" + strings.Repeat(",1", n-1) + "\n")
	}
	for name, c := range map[string]struct {
		raw    []byte
		limits Limits
		words  string
	}{
		"gzip":                  {zipped(append([]byte("a,y\n"), bytes.Repeat([]byte("1,2\n"), 1<<20)...)), small, "--max-size"},
		"zip":                   {zipOf(t, 4<<20), small, "--max-size"},
		"a file":                {make([]byte, 2<<20), small, "--max-size"},
		"a picture":             {pngHeader(8192, 8192), DefaultLimits(), "--max-size"},
		"a picture beyond ints": {pngHeader(1<<31-1, 1<<31-1), DefaultLimits(), "f: "},
		"columns":               {columns(200_001), DefaultLimits(), "f:1: & --max-columns & 200001"},
		"columns below":         {[]byte("a,b\n" + strings.Repeat("1,", 100_000) + "1\n"), DefaultLimits(), "f:2: & --max-columns"},
		"indices":               {[]byte("1 1:1 2:1 3:1\n1 4:1 5:1\n"), Limits{Bytes: 1 << 20, Columns: 4}, "--max-columns"},
		"an index":              {[]byte("1 1:1\n1 99999999999:1\n"), DefaultLimits(), "f:2: "},
		"an array":              {npyFile("'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), ", ""), DefaultLimits(), "f: truncated"},
		"wide rows":             {npyFile("'descr': '|u1', 'fortran_order': False, 'shape': (1, 2048), ", strings.Repeat("\x00", 2048)), small, "--max-columns"},
		"numbers":               {npyFile("'descr': '|u1', 'fortran_order': False, 'shape': (1000, 200), ", strings.Repeat("\x00", 200_000)), small, "--max-size"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Read(context.Background(), "f", c.raw, Options{Limits: c.limits})
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s is accepted", name)
			continue
		}
		for _, words := range strings.Split(c.words, " & ") {
			if !strings.Contains(err.Error(), words) {
				t.Errorf("%s: error %v, want %q in it", name, err, words)
			}
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
			t.Errorf("%s took %d MiB", name, used>>20)
		}
	}
}

// A large index that few rows have costs what is there.
func TestFarIndex(t *testing.T) {
	d, err := parse("f", []byte("1 1:2 10000000:3\n2 10000000:4\n"), nil)
	if err != nil || !mat.Equal(d.X, mat.NewDense(2, 2, []float64{2, 3, 0, 4})) || d.Columns[1] != "f10000000" {
		t.Errorf("%+v, %v", d, err)
	}
	further, err := like("g", []byte("1 1:1 5:7\n3 10000000:2\n"), d)
	if err != nil || !mat.Equal(further.X, mat.NewDense(2, 2, []float64{1, 0, 0, 2})) {
		t.Errorf("%+v, %v", further, err)
	}
}

// Reading ends when the context does.
func TestReadingIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, raw := range map[string][]byte{"csv": []byte("a,y\n1,2\n3,4\n"), "libsvm": bytes.Repeat([]byte("1 1:2\n"), 2*ctxEvery), "image": pngBytes(t, grey(8))} {
		if _, err := Read(ctx, "f", raw, Options{Limits: DefaultLimits()}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
