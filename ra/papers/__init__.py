"""The counter's papers: what citizens and departments take home, as tagged PDF under the branch's seal."""
