// Package dashboard_test opens the pages of the admin server in a real browser: Debian's
// Chromium, driven by chromedp. It is a module of its own, so that the hop does not need
// the driver.
package dashboard_test
