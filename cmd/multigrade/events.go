package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"multigrade/grade"
	"multigrade/solver"
)

// events writes a line to standard error when something of a training is done, where
// that is no terminal.
type events struct {
	out   io.Writer // nil: nothing is written
	begun map[stage]bool
	steps string // what is trained one after the other: grades or, of a path, points
}

func newEvents(out io.Writer) *events {
	return &events{out: out, begun: map[stage]bool{}, steps: "grade"}
}

// step names the step and the output that is worked on.
func (e *events) step(p grade.Progress) string {
	text := fmt.Sprintf("%s %d of %d", e.steps, p.Grade, p.Grades)
	if p.Outputs > 1 {
		text += fmt.Sprintf(", output %d of %d", p.Output, p.Outputs)
	}
	return text
}

func (e *events) line(format string, a ...any) {
	if e.out != nil {
		fmt.Fprintf(e.out, format+"\n", a...)
	}
}

// once is line for what is said only the first time.
func (e *events) once(format string, a ...any) {
	at := stage{phase: format}
	if !e.begun[at] {
		e.begun[at] = true
		e.line(format, a...)
	}
}

// stage is a phase of the work on an output of a grade.
type stage struct {
	grade, output int
	phase         string
}

// progress tells each stage once, when it begins, but for the first of an output; a sketch when it is there.
func (e *events) progress(p grade.Progress) {
	at := stage{p.Grade, p.Output, p.Phase}
	if e.out == nil || e.begun[at] {
		return
	}
	any := stage{p.Grade, p.Output, ""}
	first := !e.begun[any]
	e.begun[at], e.begun[any] = true, true
	if first && p.Phase != solver.PhaseSketch {
		return
	}
	if !math.IsNaN(p.RelGap) {
		e.line("%s: %s, objective %.6g, gap %.1e", e.step(p), p.Phase, p.Primal, p.RelGap)
		return
	}
	if !math.IsNaN(p.Primal) {
		e.line("%s: %s, objective %.6g", e.step(p), p.Phase, p.Primal)
		return
	}
	e.line("%s: %s", e.step(p), p.Phase)
}

// drafted tells of the first model.
func (e *events) drafted(d *grade.Draft, seconds float64) {
	var neurons, objectives []string
	for _, g := range d.Grades {
		neurons, objectives = append(neurons, fmt.Sprint(g.Neurons)), append(objectives, fmt.Sprintf("%.3g", g.Objective))
	}
	e.line("first draft of %d grades: %s neurons, objectives %s, %.1f s", len(d.Grades), strings.Join(neurons, " + "), strings.Join(objectives, ", "), seconds)
}

// planned tells that beta was chosen.
func (e *events) planned(p *grade.Plan, seconds float64) {
	e.line("beta chosen for %d grades by %d folds, %.1f s", len(p.Choices), p.Folds, seconds)
}

// trained tells how a grade ended.
func (e *events) trained(g *grade.Trained, seconds float64) {
	a := g.Sum()
	e.line("grade %d: %s, %d neurons, objective %.6g, gap %.1e over the listed patterns, %.1e over all, %.1f s",
		g.Grade.Number, a.Status, g.Grade.Neurons(), a.Primal, a.RelGap, a.GlobalRelGap, seconds)
}
