// Package experiment has the experiments that are built in: data as others
// published them, or measured tables, the settings of multigrade networks on them,
// the published numbers, and baselines fitted here (linear interpolation, logistic
// regression); and the standard problems that are timed.
package experiment
