import Foundation
import Plot
import Settings

@testable import Evaluation
@testable import KVCache
@testable import TUI

/// Files that the program writes and reads again, and data sets.
let documentTargets: [String: FuzzTarget] = [
  "result": { bytes in
    try withInput(bytes, name: "results.jsonl") { path in
      let (run, records) = try ResultFile.read(path: path)
      let summary = Summary(run: run, records: records)
      _ = (summary.text, summary.markdown, summary.fullTable.csv)
      let again = try ResultFile.merge(paths: [path])
      precondition(again.records.count == records.count, "merging a file keeps its records")
      draw(try Figures.charts(of: path), one: bytes.count)
      if run.measure == .profile { _ = Profile(run: run, records: records) }
    }
  },
  "profile": { bytes in
    try withInput(bytes, name: "profile.json") { path in
      guard let report = try ProfileReport.read(path: path) else { return }
      _ = report.table.text
      draw(try Figures.charts(of: path), one: bytes.count)
    }
  },
  "prefix-configuration": { bytes in
    try withInput(bytes, name: "prefixkv_m_0.5.json") { path in
      for family in try ConfigurationFamily.families(at: path) {
        for forgotten in [0, 0.25, 0.5, 0.9, 1] as [Double] {
          let shares = family.shares(forgotten: forgotten).shares
          precondition(shares.count == family.layers, "a share for each layer")
          precondition(shares.allSatisfy { (0...1).contains($0) }, "shares in [0, 1]")
        }
      }
    }
  },
  "data-set": { bytes in
    for name in ["detail.json", "mm-vet.json", "data.jsonl"] {
      // A file that is refused under one name may be read under another.
      do {
        try withInput(bytes, name: name) { path in
          let data = try EvaluationData.read(path: path)
          precondition(!data.samples.isEmpty, "a data set has samples")
        }
      } catch is DataError {}
    }
  },
  "settings": { bytes in
    let file = try SettingsFile(String(decoding: bytes, as: UTF8.self), path: "config.toml")
    precondition(file.entries.allSatisfy { $0.line >= 1 }, "lines are counted from one")
  },
  "history": { bytes in
    try withInput(bytes, name: "history") { path in
      let history = HistoryFile(path: path)
      let entries = history.entries()
      try history.add("a new entry")
      precondition(HistoryFile(path: path).entries().last == "a new entry", "it is appended")
      precondition(entries.allSatisfy { !$0.isEmpty || entries.contains("") }, "entries are text")
    }
  },
  "spill": { bytes in
    var operations = Operations(bytes)
    let size = 1 + (operations.next() ?? 0) % 9
    let spill = SpillFile(
      recordBytes: size, descriptor: openUnlinked(), path: "memory")
    // What the file should hold, as one list of records.
    var expected: [[UInt8]] = []
    while let operation = operations.next(), let argument = operations.next() {
      switch operation % 3 {
      case 0:
        let records = (0..<argument % 5).map { record in
          [UInt8](repeating: UInt8(truncatingIfNeeded: operation + record), count: size)
        }
        let first = try records.flatMap(\.self).withUnsafeBytes { try spill.append($0) }
        precondition(first == expected.count, "records are numbered in their order")
        expected += records
      case 1:
        spill.truncate(to: argument % 16)
        expected = Array(expected.prefix(argument % 16))
      default:
        guard !expected.isEmpty else { continue }
        let first = argument % expected.count
        var buffer = [UInt8](repeating: 0, count: (expected.count - first) * size)
        try buffer.withUnsafeMutableBytes { try spill.read(first: first, into: $0) }
        precondition(buffer == expected[first...].flatMap(\.self), "records keep their bytes")
      }
      precondition(spill.count == expected.count, "the records are counted")
    }
  },
]

/// Draws charts in every way; as pixels, which takes long, only one of them.
private func draw(_ charts: [(name: String, chart: Chart)], one: Int) {
  for (_, chart) in charts { _ = (chart.svg, chart.text()) }
  if !charts.isEmpty { _ = charts[one % charts.count].chart.bitmap }
}

/// An empty file in memory that goes away with its descriptor.
private func openUnlinked() -> Int32 {
  var template = Array("/dev/shm/prefixkv-fuzz-XXXXXX".utf8CString)
  let descriptor = mkstemp(&template)
  precondition(descriptor >= 0, "/dev/shm must be writable")
  unlink(template)
  return descriptor
}
