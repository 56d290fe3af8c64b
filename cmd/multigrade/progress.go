package main

import (
	"fmt"
	"math"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"multigrade/grade"
)

// progress shows how far a training is, on standard error when that is a
// terminal: per grade a bar over the digits of the gap; elsewhere a line per event.
type progress struct {
	bar *progressbar.ProgressBar // nil: no terminal
	*events
	grade int
	tol   float64
}

const progressSteps = 100

func newProgress(c *cli.Context, s streams) *progress {
	p := &progress{tol: c.Float64("tol"), events: newEvents(nil)}
	if c.Bool("quiet") {
		return p
	}
	if f, ok := s.err.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		p.events.out = s.err
		return p
	}
	p.bar = progressbar.NewOptions(progressSteps, progressbar.OptionSetWriter(s.err), progressbar.OptionSetWidth(20),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false))
	return p
}

func (p *progress) show(g grade.Progress) {
	if p.bar == nil {
		p.progress(g)
		return
	}
	if g.Grade != p.grade {
		p.grade = g.Grade
		p.bar.Reset()
	}
	p.bar.Describe(fmt.Sprintf("%s, %s, iteration %d, gap %.1e", p.step(g), g.Phase, g.Iteration, g.RelGap))
	p.bar.Set(gapSteps(g.RelGap, p.tol))
}

// gapSteps is the share of the digits from gap 1 to tol that are won; the last
// step is left to the end.
func gapSteps(gap, tol float64) int {
	if !(gap > 0 && gap < 1) {
		return 0
	}
	return min(int(progressSteps*math.Log(gap)/math.Log(tol)), progressSteps-1)
}

// converting shows how much of a file that is made into an array has been read.
func (p *progress) converting(array string, read, size int64) {
	if p.bar == nil {
		p.once("the data are made into the array %s, which is used in their place", array)
		return
	}
	p.bar.Describe("the array " + array)
	p.bar.Set(int(min(progressSteps-1, progressSteps*read/max(size, 1))))
}

func (p *progress) clear() {
	if p.bar != nil {
		p.bar.Clear()
	}
}
