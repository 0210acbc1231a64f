import Inference
import Testing

@testable import TUI

@Suite struct ScreenTests {
  /// Compares a screen with the picture in the test; a difference shows both.
  private func expect(_ state: AppState, _ picture: String) {
    #expect(state.screen == picture, "\n\(state.screen)\n--- expected ---\n\(picture)")
  }

  @Test func theFirstFrameNeedsNoModel() {
    expect(
      Scene.empty(60, 20),
      """
       prefixkv                                        ○ no model
       chat ─────────────────────────  picture ───────────── none
                                       No picture yet. Type
         Ask something about the       /image PATH or drop a file
         picture.                      here.

         The budget decides how        budget ────────── prefixkv
         much of it every layer          30 % ━━━━━●─────────────
         keeps in mind.                nothing in the cache yet

         F5 F6 make it smaller and     layers ───────────────────
         larger, also while an         No layers yet.
         answer is written. F3
         shows on the picture what     memory ───────────────────
         is kept. F7 compares          not measured yet
         answers at several
         budgets. F1 lists all         speed ────────────────────
       prompt ━━━━━━━━━━━━━━━━━━━━━━━  no answer yet
       ❯ /image PATH opens a picture   quality ────────── off, F4
       starting                              Tab panels · F1 help
      """)
  }

  @Test func theHeaderSaysHowTheTemplateWasFound() {
    let found = TemplateChoice(Templates.all[0], .chatTemplate("chat_template.json"))
    var state = Scene.empty(120, 35)
    state.feed(.started, .engine(.modelLoaded(Scene.model(template: found))))
    let header = state.screen.prefix { $0 != "\n" }
    #expect(
      header.hasPrefix(
        " prefixkv  tiny  F16 · 4 layers · template llava_v1, found in chat_template.json "))
    #expect(header.hasSuffix(" ● ready"))
  }

  @Test func anUnknownTemplateOfTheFilesIsSaidInTheChat() {
    let guessed = TemplateChoice(
      Templates.all[0], .layout("LLaVA"), unrecognised: "chat_template.jinja")
    var state = Scene.empty(120, 35)
    state.feed(.started, .engine(.modelLoaded(Scene.model(template: guessed))))
    #expect(
      state.transcript.map(\.text) == [
        "The chat template in chat_template.jinja is unknown, so questions are written as in "
          + "llava_v1, the usual one of the layout LLaVA. Start with --template NAME for another."
      ])
  }

  @Test func anAnswerAt80By24() {
    expect(
      Scene.answered(80, 24),
      """
       prefixkv  tiny  F16 · 4 layers · template llava_v1                     ● ready
       chat ────────────────────────── 1 question  picture ───────────────────── none
       ❯ What is this?                             No picture yet. Type /image PATH
                                                   or drop a file here.
       ● A small harbour at dusk.
         5 tokens, 12.5 tok/s,                     budget ────────────────── prefixkv
         first after 424 ms, 1440 of 2304 picture    30 % ━━━━━━━●───────────────────
         entries left, prefixkv at 30 %            1.5 of 5.0 MiB kept, p 0.875
                                                   layers █picture ▒text ─────── 62 %
                                                   0 ██████████████▒▒   640/640 100 %
                                                   1 ███████████▒····   480/640  75 %
                                                   2 ███████▒········   320/640  50 %
                                                   3 ████············   160/640  25 %
                                                   memory ────────────── 1.5 MiB kept
                                                   context      640 of 2048 positions
                                                   kept entries               1.5 MiB
                                                   allocated for them         2.0 MiB
                                                   evicted to disk            3.5 MiB
                                                   speed ───────────────── 12.5 tok/s
                                                   ⠉⠉⠁                           12.5
                                                                                    0
       prompt ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━  first token                 424 ms
       ❯ /image PATH opens a picture               quality ───────── off, F4 measures
       done: 5 tokens, 12.5 tok/s, first after 424 ms            Tab panels · F1 help
      """)
  }

  @Test func helpCoversTheScreen() {
    var state = Scene.ready(60, 20)
    state.press(.function(1))
    expect(
      state,
      """
       prefixkv  tiny  F16 · 4 layers · llava_v1          ● ready
        ╭─ help ───────────────────────────────────────────────╮
        │ anywhere                                             │
        │  Ctrl+C            stop the answer; twice: leave     │
        │  Ctrl+D            leave, when the prompt is empty   │
        │  F1, ?             this help (? in an empty prompt)  │
        │  Shift+Tab, Tab    previous, next panel              │
        │  F2                only the chat, to select text     │
        │  Enter             in the mode of F2: copy all       │
        │  F3                next overlay on the picture: what │
        │                    is kept, what is important        │
        │  F4                score answers on the full cache,  │
        │                    or no longer                      │
        │  F5, F6            5 % less, more budget             │
        │  F7                the last question at several      │
        │                    budgets side by side              │
        │  F8                look at the tokens of the answers │
        │                    one by one                        │
        ╰───────────────────────────── ↑↓ scroll · Esc closes ─╯
       ready                                 Tab panels · F1 help
      """)
  }

  @Test func progressStandsWhereTheAnswerWillBe() {
    var state = Scene.ready(60, 20)
    state.send("Hi")
    state.feed(.engine(.progress(.prefill, done: 1, total: 4)))
    expect(
      state,
      """
       prefixkv  tiny  F16 · 4 layers · llava_v1      ● answering
       chat ────────────── 1 question  picture ───────────── none
       ❯ Hi                            No picture yet. Type
                                       /image PATH or drop a file
       ⠋ reading the prompt            here.
         ━━━━━━──────────────── 25 %
                                       budget ────────── prefixkv
                                         30 % ━━━━━●─────────────
                                       nothing in the cache yet
                                       layers ───────────────────
                                       0 ··················     –
                                       1 ··················     –
                                       2 ··················     –
                                       3 ··················     –
                                       memory ───────────────────
                                       weights            3.0 MiB
                                       speed ────────────────────
       prompt ━━━━━━━━━━━━━━━━━━━━━━━  no answer yet
       ❯ /image PATH opens a picture   quality ────────── off, F4
       answering; Ctrl+C stops it            Tab panels · F1 help
      """)
  }

  @Test func belowTheLeastSizeItSaysSo() {
    expect(
      Scene.answered(30, 8),
      """


      prefixkv needs 60 × 20 cells;
      this terminal has 30 × 8.
      Nothing is lost; Ctrl+C twice
      leaves.


      """)
    expect(
      Scene.answered(10, 3),
      """
      needs
      60×20

      """)
  }

  @Test func belowTheLeastSizeKeysDoNothingUnseen() {
    var state = Scene.answered(59, 20)
    let budget = state.budget
    state.feed(.key(.character("a")), .key(.function(5)), .paste("b"), .key(.enter))
    #expect(
      state.prompt.isEmpty && state.budget == budget
        && state.transcript.count == Scene.answered(59, 20).transcript.count)
    #expect(state.feed(.key(.control("C")), .key(.control("C"))) == [.quit(status: 0)])
    state.feed(.resized(Size(columns: 60, rows: 20)), .key(.character("a")))
    #expect(state.prompt.text == "a")
  }

  @Test func thirtyTwoLayersAreAProfileWhereRowsAreScarce() {
    let state = Scene.answered(60, 20, layers: 32)
    expect(
      state,
      """
       prefixkv  tiny  F16 · 32 layers · llava_v1         ● ready
       chat ────────────── 1 question  picture ───────────── none
       ❯ What is this?                 No picture yet. Type
                                       /image PATH or drop a file
       ● A small harbour at dusk.      here.
         5 tokens, 12.5 tok/s,         budget ────────── prefixkv
         first after 424 ms, 9504 of     30 % ━━━━━●─────────────
         18 432 picture entries left,  1.5 of 5.0 MiB kept
         prefixkv at 30 %              layers ── 10 560 of 20 480
                                       █▆▒░
                                       █████▆▄░
                                       █████████▆▄▂
                                       █████████████▆▄▂
                                       0             31
                                       memory ────── 1.5 MiB kept
                                       context        640 of 2048
                                       speed ───────── 12.5 tok/s
       prompt ━━━━━━━━━━━━━━━━━━━━━━━  ⠉⠉⠁                   12.5
       ❯ /image PATH opens a picture   quality ────────── off, F4
       done: 5 tokens, 12.5 tok/s, first after 424 ms     F1 help
      """)
  }

  @Test func aResizeStormLosesNothing() {
    var state = Scene.answered(80, 24)
    state.type("half a question")
    let before = state.screen
    for step in 0..<300 {
      state.feed(.resized(Size(columns: step * 7 % 260, rows: step * 5 % 75)))
      _ = state.screen
    }
    state.feed(.resized(Size(columns: 80, rows: 24)))
    #expect(state.screen == before)
  }
}
