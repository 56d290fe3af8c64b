package run

import (
	"fmt"
	"slices"

	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/table"
)

// Several quantiles are outputs that share one target; each has the loss of its level.

// formParameters checks the numbers of the losses.
func (m *model) formParameters() error {
	if m.Quantiles == nil {
		return certificate.FormParameter(m.Loss, m.Threshold)
	}
	if m.Loss != certificate.Quantile || m.Task != table.TaskRegression || len(m.Data.Target) != 1 || m.Threshold != 0 || m.Version == oldestModel {
		return fmt.Errorf("quantiles: in a %s of %d targets with loss %s, threshold %v, version %d", m.Task, len(m.Data.Target), m.Loss, m.Threshold, m.Version)
	}
	if len(m.Quantiles) < 2 {
		return fmt.Errorf("quantiles: %d levels, expected at least 2", len(m.Quantiles))
	}
	before := 0.0
	for _, q := range m.Quantiles {
		if err := certificate.FormParameter(m.Loss, q); err != nil {
			return fmt.Errorf("quantiles: %w", err)
		}
		if q <= before {
			return fmt.Errorf("quantiles: %v, expected rising levels", m.Quantiles)
		}
		before = q
	}
	return nil
}

// parameter is the number of the loss of output t, from 0.
func (m *model) parameter(t int) float64 {
	if m.Quantiles == nil {
		return m.Threshold
	}
	return m.Quantiles[t]
}

// toQuantiles gives every output the one target.
func (m *model) toQuantiles(t *table.Table) {
	if m.Quantiles != nil {
		t.Y = slices.Repeat(t.Y, len(m.Quantiles))
	}
}

// levels are the quantiles as manifest.json is compared with them, nil without.
func (m *model) levels() []string {
	var levels []string
	for _, q := range m.Quantiles {
		levels = append(levels, fmt.Sprint(q))
	}
	return levels
}
