package solver

import "testing"

func TestParseStatus(t *testing.T) {
	for s := Optimal; s <= Interrupted; s++ {
		if got, err := ParseStatus(s.String()); err != nil || got != s {
			t.Errorf("%v: %v, %v", s, got, err)
		}
	}
	if s, err := ParseStatus("done"); err == nil {
		t.Errorf("done is %v", s)
	}
}
