package run

import (
	"errors"
	"fmt"

	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/table"
	"multigrade/proofs/internal/verdict"
)

// formDeadZone: a width that is not negative, in a regression whose loss leaves
// something to claim.
func (out *modelOutput) formDeadZone(m *model) error {
	switch eps := out.DeadZone; {
	case eps == nil:
		return nil
	case !(*eps >= 0):
		return fmt.Errorf("dead_zone: %v, expected a number >= 0", *eps)
	case m.Task != table.TaskRegression || m.margins() || m.Loss == certificate.Monotone:
		return fmt.Errorf("dead_zone: in a %s with loss %s", m.Task, m.Loss)
	}
	return nil
}

// past is what passes the dead zone of the network's value.
func (out *modelOutput) past(value float64) float64 {
	if out.DeadZone == nil {
		return value
	}
	eps := *out.DeadZone
	switch {
	case value > eps:
		return value - eps
	case -value > eps:
		return value + eps
	}
	return 0
}

// network is the network's value given its units' at a row.
func (out *modelOutput) network(units []float64) float64 {
	f := out.Constant
	for j, v := range units {
		f += float64(out.Neurons[j].Alpha * v)
	}
	return f
}

// zoned: every output has a dead zone or none has, as manifest.json says.
func (r *runChecker) zoned() {
	zone := r.manifest.flag("dead_zone")
	for k := range r.model.Grades {
		g := &r.model.Grades[k]
		for t := range g.Outputs {
			if with := g.Outputs[t].DeadZone != nil; with != zone {
				r.judge(verdict.ClaimDeadZone, g.scope(t), "", fmt.Errorf("dead zone %v, manifest.json: %v", with, zone))
			}
		}
	}
}

// deadZones: eps bounds |e_{k-1} - g| over the real numbers, g being the float64
// value of the output's network, and e_k is as small as that implies.
func (r *runChecker) deadZones(g *modelGrade, values, before [][]float64) {
	for t := range g.Outputs {
		if eps := g.Outputs[t].DeadZone; eps != nil {
			after, open := r.parts[0].e[t], 0
			for _, v := range values[t] {
				if certificate.Abs(v) > *eps {
					open++
				}
			}
			detail := fmt.Sprintf("|e| rises at none of %d samples and stays within 2 x %v; %d are beyond the dead zone", len(after), *eps, open)
			r.judge(verdict.ClaimDeadZone, g.scope(t)+" train", detail, errors.Join(covers(*eps, before[t], values[t]), tamed(*eps, before[t], after)))
		}
	}
}

// covers decides |e - g| <= eps row by row.
func covers(eps float64, e, g []float64) error {
	for i, v := range g {
		if d := certificate.Abs(e[i] - v); d < eps { // rounding is monotone
			continue
		}
		d := new(exact.Dyadic).Add(exact.Of(e[i]), exact.Of(-v))
		if certificate.Absolute(d).Compare(exact.Of(eps)) > 0 {
			return fmt.Errorf("training row %d: the network's %v is more than %v away from the residual %v", i, v, eps, e[i])
		}
	}
	return nil
}

// tamed: |e_k| <= |e_{k-1}|, 2 eps.
func tamed(eps float64, before, after []float64) error {
	for i, v := range after {
		if !(certificate.Abs(v) <= certificate.Abs(before[i])) || !(certificate.Abs(v) <= 2*eps) {
			return fmt.Errorf("training row %d: |e| goes from %v to %v, dead zone %v", i, certificate.Abs(before[i]), certificate.Abs(v), eps)
		}
	}
	return nil
}
