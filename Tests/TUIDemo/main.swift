import Basics
import Foundation
import Sessions
import TUI

// The screen with a scripted engine: for looking at it, and for the tests that drive a terminal.
// Arguments: --layers N, --tokens N, --delay MILLISECONDS, --image PATH, --plain, --tui, --fail, --state FOLDER,
// --keep (conversations), --resume CHOICE, --theme NAME, --graphics NAME,
// --crash SIGNAL (raised on the engine's thread by the first question).
let arguments = CommandLine.arguments

func value(_ name: String) -> String? {
  arguments.firstIndex(of: name).flatMap {
    arguments.indices.contains($0 + 1) ? arguments[$0 + 1] : nil
  }
}

let engine = ScriptedEngine(
  layers: value("--layers").flatMap(Int.init) ?? 32,
  tokens: value("--tokens").flatMap(Int.init) ?? 120,
  delay: value("--delay").flatMap(Int.init) ?? 40,
  fails: arguments.contains("--fail"), crash: value("--crash").flatMap(Int32.init))
var options = AppOptions(
  imagePath: value("--image"), budget: .share(0.3), policy: "prefixkv",
  policies: [
    PolicyChoice(name: "full", summary: "keeps everything"),
    PolicyChoice(name: "prefixkv", summary: "one importance threshold for all layers"),
    PolicyChoice(name: "local", summary: "keeps the newest entries"),
  ],
  surface: arguments.contains("--plain")
    ? .lines : arguments.contains("--tui") ? .panels : .automatic,
  theme: value("--theme").flatMap(Theme.init), stateFolder: value("--state"))
options.keepsSessions = arguments.contains("--keep")
options.resume = value("--resume").flatMap { SessionChoice($0) }
options.graphics = value("--graphics").flatMap(GraphicsChoice.init) ?? .auto
endProcess(runChat(engine: engine, options: options))
