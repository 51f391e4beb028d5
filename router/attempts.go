package router

import "net/http"

// attempts counts the attempts at a replica set, also by the status of the response.
type attempts struct {
	client *client
	counting
}

func (s *attempts) do(x *exchange) (*http.Response, error) {
	stats := &s.client.stats
	if s.requests.Load() > 0 {
		s.client.touch() // routes bypass the cache, which must not count the client as idle
	}
	resp, err := s.counting.do(x)
	if err != nil {
		stats.unanswered.Add(1)
	} else if i := resp.StatusCode - 100; i >= 0 && i < len(stats.byStatus) {
		stats.byStatus[i].Add(1)
	}
	return resp, err
}
