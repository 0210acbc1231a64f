import Basics
import Foundation
import Inference
import KVCache
import TUI

/// What `doctor` finds; docs/schema/doctor.json describes it.
struct DoctorReport: Encodable {
  struct Place: Encodable {
    let path: String
    let exists: Bool

    init(_ path: String) {
      self.path = path
      exists = access(path, F_OK) == 0
    }
  }

  /// A folder that names of models are looked up in.
  struct Store: Encodable {
    let store: String
    let path: String
    let exists: Bool

    init(_ store: any ModelStore) {
      self.store = store.title
      path = store.root
      exists = Place(store.root).exists
    }
  }

  struct Terminal: Encodable {
    /// `TERM` and `COLORTERM`; null where they are not set.
    @Nullable var kind: String?
    @Nullable var directColour: String?
    /// Null where standard output is no terminal.
    @Nullable var columns: Int?
    @Nullable var rows: Int?
    let locale: String
    /// "dark" or "light", as the terminal announces it.
    let background: String
    /// "panels" or "lines".
    let chatOpensAs: String
    /// Why the chat opens as lines; null where it opens as panels.
    @Nullable var linesBecause: String?
  }

  struct Files: Encodable {
    let assets: [Place]
    let modelStores: [Store]
    let state: Place
    let spill: Place
  }

  let machine: MachineLimits
  let terminal: Terminal
  let files: Files

  init(_ limits: MachineLimits) {
    machine = limits
    terminal = Terminal()
    files = Files(
      assets: AssetFolders.all().map(Place.init),
      modelStores: ModelStores.all().map(Store.init),
      state: Place(UserFolders().state), spill: Place(KeyValueCache.spillFolder))
  }

  // MARK: Text

  var text: String {
    [("machine", machineLines), ("terminal", terminal.lines), ("files", files.lines)]
      .map { title, rows in
        title + "\n"
          + rows.map { label, value in
            let padding = String(repeating: " ", count: 20 - label.count)
            return "  \(label)\(padding)\(DisplayText.oneLine(value))\n"
          }.joined()
      }.joined()
  }

  private var machineLines: [(String, String)] {
    func giga(_ rate: Double, _ unit: String) -> String {
      "\(Format.decimal(rate / 1e9, 1)) \(unit)"
    }
    return [
      ("instructions", machine.instructions),
      ("threads", "\(machine.threads)"),
      (
        "memory read",
        "\(giga(machine.readBandwidth, "GB/s")), "
          + "one thread \(giga(machine.readBandwidthOneThread, "GB/s"))"
      ),
      ("int8 products", giga(machine.byteOperations, "GOP/s")),
      ("f32 multiply-add", giga(machine.floatOperations, "GFLOP/s")),
      (
        "bf16 tiles",
        machine.tileOperations > 0
          ? giga(machine.tileOperations, "GFLOP/s") : "none that \(machine.instructions) uses"
      ),
      (
        "OpenBLAS",
        machine.openBLAS.map {
          "\($0.core) kernels, \(giga($0.operations, "GFLOP/s")), "
            + "\(Format.decimal($0.factor, 1)) times the portable kernels' speed"
            + (machine.instructions == "openblas" ? "" : "; not used by \(machine.instructions)")
        } ?? "not installed; it stands in for the portable kernels alone"
      ),
    ]
  }
}

extension DoctorReport.Terminal {
  init() {
    let environment = ProcessInfo.processInfo.environment
    var size = winsize()
    let hasSize = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
    var reason: String?
    let surface = Surface.chosen(.automatic, environment: environment, terminal: .ofThisProcess())
    if case .lines(let because) = surface { reason = because }
    self.init(
      kind: environment["TERM"], directColour: environment["COLORTERM"],
      columns: hasSize ? Int(size.ws_col) : nil, rows: hasSize ? Int(size.ws_row) : nil,
      locale: environment["LC_ALL"] ?? environment["LC_CTYPE"] ?? environment["LANG"] ?? "C",
      background: Theme.announced(by: environment).rawValue,
      chatOpensAs: reason == nil ? "panels" : "lines", linesBecause: reason)
  }

  fileprivate var lines: [(String, String)] {
    [
      ("kind", kind ?? "TERM is not set"),
      ("direct colour", directColour ?? "not announced (COLORTERM is not set)"),
      ("size", columns.flatMap { columns in rows.map { "\(columns) x \($0)" } } ?? "no terminal"),
      ("locale", locale),
      ("background", background),
      ("chat opens as", chatOpensAs + (linesBecause.map { ", because \($0)" } ?? "")),
    ]
  }
}

extension DoctorReport.Files {
  fileprivate var lines: [(String, String)] {
    func shown(_ place: DoctorReport.Place) -> String {
      place.exists ? place.path : place.path + " (not there)"
    }
    return assets.map { ("assets", shown($0)) }
      + modelStores.map { ("models", "\($0.store): \(shown(.init($0.path)))") }
      + [("state", shown(state)), ("spill files", shown(spill))]
  }
}
