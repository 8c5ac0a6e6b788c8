import Configuration
import Foundation
import Quantities
import TestSupport
import Testing

@testable import Machines

@Suite("Machines as their tools describe them") struct ReadingTests {
  @Test("A DGX A100 has 12 links of each GPU to switches and two NICs beside each pair of GPUs")
  func dgxA100() throws {
    let machine = try Files.machine("dgx-a100.xml")
    #expect(machine.gpus == [Machine.GPU](repeating: Machine.GPU(architecture: 80, deviceID: 0x20b2), count: 8))
    #expect(machine.switchedLinkCount == 12)
    #expect(machine.nics.count == 8)
    #expect(machine.nics[0].bandwidth == BytesPerSecond(25e9))
    for gpu in 0..<8 { #expect(machine.nearestNICs(toGPU: gpu) == [gpu / 2 * 2, gpu / 2 * 2 + 1]) }
    #expect(machine.tree.parts.count { $0.kind == .socket } == 4)
    #expect(machine.remarks.isEmpty)
  }

  @Test("Each GPU of a DGX H100 has a NIC of its own; four NICs serve two each")
  func nearestNICs() throws {
    let dgx = try Files.machine("dgx-h100.xml")
    for gpu in 0..<8 { #expect(dgx.nearestNICs(toGPU: gpu) == [gpu]) }
    let hgx = try Files.machine("hgx-h100-4nic.xml")
    #expect(hgx.nics.count == 4)
    for gpu in 0..<8 { #expect(hgx.nearestNICs(toGPU: gpu) == [gpu / 2]) }
  }

  @Test("The matrix and the XML of one machine tell the same distances")
  func twoTools() throws {
    let xml = try Files.machine("dgx-a100.xml")
    let matrix = try Files.machine("dgx-a100.txt")
    #expect(matrix.gpus.count == xml.gpus.count)
    #expect(matrix.nics.map(\.name) == xml.nics.map(\.name))
    for gpu in 0..<8 { #expect(matrix.nearestNICs(toGPU: gpu) == xml.nearestNICs(toGPU: gpu)) }
    #expect(matrix.peerLinks.count == 28 && matrix.peerLinks.allSatisfy { $0.count == 12 })
  }

  @Test("Colours, tabs, empty fields and the legend are passed over")
  func workstation() throws {
    let machine = try Files.machine("dual-rtx4090.txt")
    #expect(machine.gpus.count == 2)
    #expect(machine.peerLinks.isEmpty)
    #expect(machine.tree.parts.map(\.kind) == [.socket, .gpu(0), .gpu(1)])
  }

  @Test("Lines may end as Windows writes them")
  func windowsLines() throws {
    let text = try Files.text("dgx-a100.txt")
    let machine = try MachineFormat.nvidiaSMI.read(text.replacing("\n", with: "\r\n"), file: "windows")
    #expect(machine == (try Files.machine("dgx-a100.txt")))
  }

  @Test("Names of a file stand in no comment as they please")
  func names() throws {
    let text = """
      <system><cpu><pci busid="1" class="0x0302"/><pci busid="2" class="0x0200">
      <nic><net name="x&#10;routing: {seed: 99}&#10;#" speed="1000"/></nic></pci></cpu></system>
      """
    let machine = try NCCLTopologyReader.read(text, file: "hostile")
    #expect(machine.nics.map(\.name) == ["nic0"])
  }

  @Test("PCIe speeds are read as tools print them")
  func speeds() throws {
    let gen5 = try #require(PCIeSpeed(linkSpeed: "32.0 GT/s PCIe", linkWidth: "16"))
    #expect(gen5.generation == 5 && gen5.className == "pcie5-x16")
    #expect(abs(gen5.bandwidth.bytesPerSecond - 63.015e9) < 1e6)
    #expect(PCIeSpeed(linkSpeed: "2.5 GT/s", linkWidth: "1")?.bandwidth == BytesPerSecond(0.25e9))
    for (speed, width) in [("", "16"), ("16 GT/s", ""), ("Unknown", "16"), ("nan GT/s", "16"), ("16 GT/s", "0")] {
      #expect(PCIeSpeed(linkSpeed: speed, linkWidth: width) == nil, "\(speed) x\(width)")
    }
  }

  @Test(
    "What is wrong is named with its line",
    arguments: [
      ("<system>\n<cpu>\n<pci class=\"0x030200\"/></cpu></system>", "bad:3: pci: found no 'busid'"),
      ("<topology/>", "bad:1: topology: found the element 'topology', expected 'system'"),
      ("<system version=\"1\">\n</system>", "bad:1: system: found no 'cpu'"),
      ("<system><cpu numaid=\"0\"></cpu></system>", "bad:1: system: found no GPU"),
      ("\n<system>\n<cpu>\n", "bad:"),
      ("<!DOCTYPE a [<!ENTITY b \"c\">]>\n<system/>", "bad:1: found a document type"),
      (
        "<system><cpu>\n<pci busid=\"1\" class=\"0x0302\"/>\n<pci busid=\"1\" class=\"0x0302\"/></cpu></system>",
        "bad:3: pci: found the bus id '1' twice"
      ),
      (
        "<system><cpu><pci busid=\"1\" class=\"0x0302\">\n<gpu dev=\"many\"/></pci></cpu></system>",
        "bad:2: gpu: dev: found 'many', expected a whole number"
      ),
      (
        "<system><cpu><pci busid=\"1\" class=\"0x0302\"/></cpu></system>\n<system/>",
        "bad:2: found more after the end of 'system', expected nothing"
      ),
      (
        "<system><cpu><pci busid=\"1\" class=\"0x0302\"/></cpu></system>\n\nand more",
        "bad:3: found more after the end of 'system', expected nothing"
      ),
      ("\tGPU0\tGPU1\nGPU0\t X \tNV1024\n", "bad:2: GPU0, GPU1: found 'NV1024', expected X, NV#"),
      ("hello\n", "bad: found no matrix"),
      ("<?xml version=\"1.0\" encoding=\"UTF-7\"?><system/>", "bad:1: found the encoding 'utf-7', expected UTF-8"),
      (
        "<system><cpu><pci busid=\"1\" class=\"0x0302\"><gpu><nvlink count=\"1\"/>\n<xgmi count=\"1\"/></gpu></pci></cpu></system>",
        "bad:2: xgmi: found NVLinks and xGMI links in one machine"
      ),
      (
        "\tGPU0\tGPU1\nGPU0\t X \tNV4\nGPU0\t X \tNV8\n",
        "bad:3: GPU0: found a second row of the device, whose first is line 2"
      ),
      ("\tGPU0\tGPU1\nGPU0\t X \tFOO\n", "bad:2: GPU0, GPU1: found 'FOO', expected X, NV#, PIX"),
      ("\tGPU0\tGPU1\nGPU0\t X \tPIX\nGPU1\tSYS\t X \n", "bad:3: GPU1, GPU0: found 'SYS', which differs from line 2"),
      ("\tGPU0\tGPU1\nGPU0\tPIX\tPIX\n", "bad:2: GPU0, GPU0: found 'PIX', expected X on the diagonal"),
      ("\tGPU0\tGPU1\tGPU2\nGPU0\t X \tPIX\tPIX\n", "bad: GPU1, GPU2: found nothing"),
      ("\tGPU0\tGPU1\nGPU0\t X \tPIX\nGPU7\tPIX\t X \n", "bad:3: GPU7: found a row of a device that the header lacks"),
    ])
  func errors(text: String, expected: String) {
    let error = #expect(throws: ConfigurationError.self) { try MachineFormat(of: text).read(text, file: "bad") }
    #expect(error?.description.hasPrefix(expected) == true, "\(error?.description ?? "")")
  }

  @Test("Speeds that are no generation's own have classes of their own")
  func oddSpeeds() throws {
    let names = ["24 GT/s", "32 GT/s", "47 GT/s", "47.5 GT/s"].map {
      PCIeSpeed(linkSpeed: $0, linkWidth: "16")?.className
    }
    #expect(names == ["pcie5-x16-24GT", "pcie5-x16", "pcie5-x16-47GT", "pcie5-x16-47-5GT"])
  }

  @Test("What a file holds and a topology has no place for is remarked")
  func leftOut() throws {
    func read(_ inner: String) throws -> [String] {
      try NCCLTopologyReader.read(
        "<system><cpu><pci busid=\"1\" class=\"0x0302\"><gpu dev=\"0\" sm=\"90\" rank=\"0\">"
          + "<nvlink target=\"9\" count=\"2\" tclass=\"0x068000\"/></gpu></pci>"
          + "<pci busid=\"2\" class=\"0x0302\"><gpu dev=\"1\" sm=\"90\" rank=\"1\">"
          + "<nvlink target=\"9\" count=\"2\" tclass=\"0x068000\"/>\(inner)</cpu></system>", file: "left"
      ).remarks
    }
    #expect(try read("</gpu></pci>").isEmpty)
    #expect(
      try read("<nvlink target=\"1\" count=\"1\" tclass=\"0x030200\"/></gpu></pci>")
        == ["GPUs have links to switches and to each other: those to each other are left out."])
    #expect(try read("</gpu><gpu dev=\"2\"/></pci>") == ["Left out: a second part 'gpu' of 2."])
    let nic = "</gpu></pci><pci busid=\"3\" class=\"0x0200\"><nic><net name=\"a\" speed=\"fast\"/></nic></pci>"
    #expect(try read(nic).first?.hasPrefix("Left out: the speed of a NIC in line 1") == true)
  }

  @Test("Links that one end alone lists count; where ends differ the fewer do")
  func unevenEnds() throws {
    func gpu(_ bus: Int, _ links: String) -> String {
      "<pci busid=\"\(bus)\" class=\"0x030200\"><gpu dev=\"\(bus)\" sm=\"70\" rank=\"\(bus)\">\(links)</gpu></pci>"
    }
    func link(_ target: Int, _ count: Int) -> String {
      "<nvlink target=\"\(target)\" count=\"\(count)\" tclass=\"0x030200\"/>"
    }
    let text =
      "<system><cpu>" + gpu(0, link(1, 2) + link(2, 1) + link(0, 4)) + gpu(1, link(0, 1)) + gpu(2, "")
      + "</cpu></system>"
    let machine = try NCCLTopologyReader.read(text, file: "uneven")
    #expect(
      machine.peerLinks == [
        Machine.PeerLink(gpu: 0, peer: 1, count: 1), Machine.PeerLink(gpu: 0, peer: 2, count: 1),
      ])
    #expect(machine.remarks.count == 2)
  }

  @Test(
    "Files with something wrong in them end in an error or a machine",
    arguments: [
      "dgx-a100.xml", "pcie-l40s-4gpu.xml", "dual-rtx4090.txt", "dgx-a100.txt",
    ])
  func fuzz(name: String) throws {
    let text = try Files.text(name)
    var generator = SeededGenerator(seed: 11)
    var read = 0
    for _ in 0..<400 {
      let mutated = TextMutation.mutated(text, &generator)
      do {
        let machine = try MachineFormat(of: mutated).read(mutated, file: name)
        read += 1
        #expect(!machine.gpus.isEmpty)
        _ = try? MachineTopology(machine, name: "fuzz", device: "h100-sxm", origin: "fuzz").text()
      } catch {
        continue
      }
    }
    #expect(read > 0)
  }
}
