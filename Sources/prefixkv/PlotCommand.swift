import ArgumentParser
import Basics
import Evaluation
import Plot

struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw results: measures against budget, kept shares and importance by layer.",
    discussion: """
      Takes result files of prefixkv eval and profile.json files of prefixkv profile. Every figure \
      is written as SVG and PNG, or to stdout in characters with --text. With --frontier all result \
      files make one figure, frontier.svg: the exact answers that each policy gives for the bytes of \
      its cache, at the best of the budgets, types of the cache and rows of the picture in the files; \
      and a table says which those are.
      """)

  @Argument(help: "Result files (.jsonl) and profiles (.json).", completion: .file())
  var results: [String]

  @Option(name: .shortAndLong, help: "The folder to write into.", completion: .directory)
  var output: String = "."

  @Flag(
    name: .long, help: "Draw one figure of all files: exact answers against bytes of the cache.")
  var frontier = false

  @Flag(name: .long, help: "Draw in characters on stdout and write no files.")
  var text = false

  @Option(name: .long, help: "Width of a figure in characters.")
  var columns: Int = 100

  func validate() throws {
    guard (40...1000).contains(columns) else {
      throw ValidationError("--columns \(columns) is outside 40...1000.")
    }
    guard !frontier, !text else { return }
    let stems = results.map(PathText.stem(of:))
    if let stem = stems.first(where: { name in stems.count { $0 == name } > 1 }) {
      throw ValidationError(
        "Figures are called by their files, and more than one is called '\(stem)'. Plot them one by one, "
          + "each with an --output of its own.")
    }
  }

  func run() throws {
    if frontier {
      let frontier = try Figures.frontier(of: results)
      try show(frontier.chart, name: "frontier")
      return try StandardStream.output.write(frontier.table.text)
    }
    for path in results {
      for (name, chart) in try Figures.charts(of: path) { try show(chart, name: name) }
    }
  }

  private func show(_ chart: Chart, name: String) throws {
    if text { return try StandardStream.output.line(chart.text(columns: columns)) }
    try Folder.create(output)
    let stem = output + "/" + name
    try InputFiles.protect(
      results, of: "a part of the results", from: [stem + ".svg", stem + ".png"])
    let svg = try OutputFile(path: stem + ".svg")
    let png = try OutputFile(path: stem + ".png")
    try svg.write(chart.svg.utf8)
    try png.write(chart.png())
    try OutputFile.commit(svg, png)
    try StandardStream.output.write(
      DisplayText.visible("\(stem).svg\n\(stem).png\n"))
  }
}
