using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>What has to hold of the one file that ships.</summary>
[Trait("Category", "load")]
public sealed class BinaryTests
{
    /// <summary>11.6 MB before Nethereum signed along, and 1.9 MB for it and what came with it;
    /// 1 MB is 10^6 bytes.</summary>
    private const long SizeBytesMax = 13_500_000;

    [BinaryFact]
    public void File_Size_WithinItsBudget() =>
        Assert.InRange(new FileInfo(NodeRig.Binary!).Length, 1, SizeBytesMax);

    [BinaryFact]
    public void File_Dependencies_LibcLibmAndLoader()
    {
        using Process ldd = Process.Start(new ProcessStartInfo("ldd", NodeRig.Binary!)
        {
            RedirectStandardOutput = true,
        })!;
        string[] libraries = [.. ldd.StandardOutput.ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Trim().Split(' ')[0])];
        string[] allowed = ["linux-vdso.so.1", "libm.so.6", "libc.so.6",
            "/lib64/ld-linux-x86-64.so.2"];
        Assert.Empty(libraries.Except(allowed));
    }

    /// <summary>Names of types and of assemblies; a native binary holds both, in ASCII and as
    /// literals.</summary>
    [BinaryFact]
    public void File_Content_NoIlgpuNoNewtonsoft()
    {
        byte[] file = File.ReadAllBytes(NodeRig.Binary!);
        foreach (string name in new[] { "ILGPU.", "Newtonsoft" })
        {
            Assert.Equal(-1, file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(name)));
            Assert.Equal(-1, file.AsSpan().IndexOf(Encoding.Unicode.GetBytes(name)));
        }
    }

    /// <summary>The control: a library that is in it leaves its name.</summary>
    [BinaryFact]
    public void File_Content_NamesWhatIsInIt() =>
        Assert.NotEqual(-1, File.ReadAllBytes(NodeRig.Binary!).AsSpan().IndexOf("Nethereum."u8));

    [BinaryFact]
    public void Version_SaysAvx2OnSuchAMachine()
    {
        (int status, string output, _) = NodeRig.Run("--version");
        Assert.Equal(0, status);
        bool machine = File.ReadAllText("/proc/cpuinfo").Contains(" avx2 ",
            StringComparison.Ordinal);
        Assert.EndsWith(machine ? "cpu avx2\n" : "cpu scalar\n", output,
            StringComparison.Ordinal);
    }
}
