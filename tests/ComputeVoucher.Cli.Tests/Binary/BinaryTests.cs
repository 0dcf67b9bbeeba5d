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
    [BinaryFact]
    public void File_Size_WithinItsBudget()
    {
        SizeBudget budget = SizeBudget.Load();
        long bytes = new FileInfo(NodeRig.Binary!).Length;
        Assert.True(bytes <= budget.BytesMax, budget.Describe(bytes));
    }

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
        string[] lines = output.Split('\n');
        Assert.StartsWith("computevoucher ", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(
            machine ? " cpu avx2" : " cpu scalar", lines[0], StringComparison.Ordinal);
    }

    [BinaryFact]
    public void VersionAndDoctor_NameTheLinkedLibraries()
    {
        (int status, string version, _) = NodeRig.Run("--version");
        Assert.Equal(0, status);
        string[] lines = version.TrimEnd().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Matches(@"^SQLite 3\.\d+\.\d+( \(package \S+\))?$", lines[1]);
        Assert.Matches(@"^libsecp256k1 \d+\.\d+\.\d+( \(package \S+\))?$", lines[2]);
        (_, string doctor, _) = NodeRig.Run("doctor");
        Assert.Contains($"{lines[1]}, {lines[2]}\n", doctor, StringComparison.Ordinal);
    }
}
