// Package testdata holds small real data sets. SOURCES.md says where each comes
// from and under which licence.
package testdata

import _ "embed"

// CO2Weekly is co2_weekly.csv: year, co2_ppm; 2225 weeks at Mauna Loa.
//
//go:embed co2_weekly.csv
var CO2Weekly []byte

// Diabetes is diabetes.csv: ten measurements and the progression of 442
// patients.
//
//go:embed diabetes.csv
var Diabetes []byte
