package grade

import (
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
)

// A run that is over begins no grade that takes it beyond its overtime, however it was ended; what is short always begins,
// and a run that is not over begins everything.
func TestOvertime(t *testing.T) {
	const long, middle, short = 2 * overtime, overtime / 2, overtimeShort / 2
	ended := func(ago time.Duration) *trainer {
		run := new(trainer)
		run.ended.Store(new(time.Now().Add(-ago)))
		return run
	}
	late := func(ago time.Duration) *trainer { return &trainer{deadline: time.Now().Add(-ago)} }
	for name, c := range map[string]struct {
		run      *trainer
		expected time.Duration
		want     bool
	}{
		"without a limit":       {new(trainer), long, true},
		"before the limit":      {late(-long), long, true},
		"just behind the limit": {late(0), middle, true},
		"just behind it, long":  {late(time.Millisecond), long, false},
		"long behind it":        {late(overtime), middle, false},
		"long behind it, short": {late(long), short, true},
		"just interrupted":      {ended(0), middle, true},
		"interrupted, long":     {ended(time.Millisecond), long, false},
		"interrupted long ago":  {ended(overtime), middle, false},
	} {
		if got := c.run.affords(c.expected); got != c.want {
			t.Errorf("%s: %v may begin: %v", name, c.expected, got)
		}
	}
}

// A first grade is too short where its share of the time limit is less than half of what a grade of the draft took.
func TestBrief(t *testing.T) {
	now := time.Now()
	left := func(share, each time.Duration) *trainer {
		return &trainer{deadline: now.Add(time.Hour), share: now.Add(share), draft: &Draft{each: each}}
	}
	for name, c := range map[string]struct {
		run  *trainer
		want bool
	}{
		"without a limit":    {&trainer{draft: &Draft{each: time.Hour}}, false},
		"long enough":        {left(time.Minute, time.Minute), false},
		"too short":          {left(time.Minute, 3*time.Minute), true},
		"over":               {left(-time.Minute, 0), true},
		"a draft in no time": {left(time.Minute, 0), false},
	} {
		if got := c.run.brief(); got != c.want {
			t.Errorf("%s: brief %v", name, got)
		}
	}
}

// The next grade takes as long as the last for each number that it reads.
func TestPace(t *testing.T) {
	split := func(columns int) *splitState {
		return &splitState{h: mat.NewDense(10, columns, nil), e: make([][]float64, 2)}
	}
	p := pace{time.Now().Add(-time.Minute), split(8).size()}
	if got, want := p.expected(split(3)), time.Minute/2; got < want || got > want+10*time.Second {
		t.Errorf("%v, want %v", got, want)
	}
	p.begin(split(8))
	if got := p.expected(split(8)); got > time.Minute/2 {
		t.Errorf("%v since now", got)
	}
}
