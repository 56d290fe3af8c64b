package trace

import (
	"bytes"
	"testing"
)

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := New([]Point{{Grade: 1, Output: 1, Seconds: 0.5, RelGap: 0.25}}).Write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		points, err := Read(bytes.NewReader(raw))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := New(points).Write(&b); err != nil {
			t.Fatal(err)
		}
		again, err := Read(&b)
		if err != nil || len(again) != len(points) {
			t.Errorf("%d points, written and read again %d, %v", len(points), len(again), err)
		}
	})
}
