package certificate

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
)

// TestPatternsAreNotKept checks a certificate whose patterns come from a pipe:
// 40 MB of text go through a few MB of memory.
func TestPatternsAreNotKept(t *testing.T) {
	const patterns = 60000
	c := manyRows(2500)
	text := encoded(c)
	head, tail, _ := strings.Cut(text, "section patterns\n")
	_, tail, _ = strings.Cut(tail, "section gap\n")
	first, _, _ := strings.Cut(text[strings.Index(text, "pattern 0"):], "\n")
	r, w := io.Pipe()
	go func() {
		b := bufio.NewWriter(w)
		fmt.Fprint(b, replaceAll(head, "patterns 3", fmt.Sprint("patterns ", patterns)), "section patterns\n")
		for range patterns {
			fmt.Fprintln(b, first)
		}
		fmt.Fprint(b, "section gap\n", tail)
		w.CloseWithError(b.Flush())
	}()
	largest, reads := uint64(0), 0
	watched := readerFunc(func(p []byte) (int, error) {
		if reads++; reads%512 == 0 {
			var m runtime.MemStats
			runtime.GC() // what is garbage is not kept
			runtime.ReadMemStats(&m)
			largest = max(largest, m.HeapAlloc)
		}
		return r.Read(p)
	})
	report, err := CheckReader(watched)
	if err != nil || report.Verdict() != verdict.Valid || !strings.HasPrefix(report.Claims[5].Detail, fmt.Sprint(patterns)) {
		t.Fatalf("%v %+v", err, report.Claims)
	}
	if bytes := uint64(len(first) * patterns); bytes < 35<<20 || largest > bytes/3 || largest == 0 {
		t.Errorf("%d bytes kept for %d bytes of patterns", largest, bytes)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestColumnsCostNoMemory: sixteen million columns that store nothing.
func TestColumnsCostNoMemory(t *testing.T) {
	x := exact.Matrix{Rows: 2, Cols: maxCols, Start: []int{0, 1, 2}, Index: []int{5, maxCols - 1}, Values: []float64{3, 4}}
	c := &Certificate{
		Program:  Program{Rows: 2, Cols: maxCols, Activation: ReLU, Loss: Squared, Beta: 2.5},
		Dual:     Dual{ScopeRestricted, []float64{1, 1}, 0},
		Patterns: []Pattern{{Words: []uint64{3}}},
	}
	problem{}.finish(c, x, []float64{1, 1})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := Check(c, x, c.Data.Y)
	runtime.ReadMemStats(&after)
	if r.Verdict() != verdict.Valid {
		t.Errorf("%+v", r.Claims)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d bytes allocated", used)
	}
	c.Program.Beta = math.Nextafter(2.5, 0)
	if r := Check(c, x, c.Data.Y); !falseClaims(r)[ClaimDualFeasible] {
		t.Errorf("||(3, 4)|| > 2 beta was accepted: %+v", r.Claims)
	}
}
