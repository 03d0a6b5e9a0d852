return { time.parts("2026-12-01T09:00Z", "Europe/Paris").hour, semver.compare("1.0.0", "2.0.0"), hash.bucket("a", "b"), regex.all("a1b2", "[0-9]"), to_json({1}), from_json("[1]") }
