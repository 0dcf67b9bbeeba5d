using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests;

/// <summary>
/// The unit-test vectors of CMSIS-NN, made upstream with the TensorFlow Lite interpreter: every
/// int8 case of a supported operator, as a graph of that operator.
/// </summary>
public sealed class CmsisVectorTests
{
    /// <summary>Files that test something else, by what their name contains.</summary>
    private static readonly (string Part, string Reason)[] s_skipped =
    [
        ("int4", "4-bit weights"),
        ("int16", "16-bit activations"),
        ("_s16", "16-bit activations or output"),
        ("batch_matmul", "operator BATCH_MATMUL is not supported"),
        ("maximum", "operator MAXIMUM is not supported"),
        ("minimum", "operator MINIMUM is not supported"),
    ];

    public static TheoryData<string> Cases
    {
        get
        {
            TheoryData<string> cases = [];
            foreach (string name in Names().Where(n => ReasonToSkip(n) is null))
            {
                cases.Add(name);
            }

            return cases;
        }
    }

    [SharedDataTheory("cmsis-nn-vectors")]
    [MemberData(nameof(Cases))]
    public void Run_UpstreamCase_EqualsExpected(string name)
    {
        CmsisCase vector = CmsisCase.Read(name);
        using GraphModel model = vector.BuildModel();
        byte[] input = [.. vector.Input.Select(x => (byte)x)];
        foreach (Backend backend in (ReadOnlySpan<Backend>)[Backend.Scalar, Backend.Avx2])
        {
            using IModelSession session = model.CreateSession(backend, threads: 1);
            byte[] output = session.Run(input, default).Output;
            Assert.Equal(vector.Expected, output.Select(b => (int)(sbyte)b));
        }
    }

    [SharedDataFact("cmsis-nn-vectors")]
    public void Cases_AndSkippedFiles_CoverTheFolder()
    {
        string[] names = [.. Names()];
        Assert.Equal(108, names.Length);
        Assert.Equal(48, names.Count(n => ReasonToSkip(n) is null));
        Assert.All(
            s_skipped,
            s => Assert.Contains(names, n => n.Contains(s.Part, StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Names()
    {
        string folder = SharedData.PathOf("cmsis-nn-vectors");
        return Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*.json")
                .Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)
            : ["absent"];
    }

    private static string? ReasonToSkip(string name) => s_skipped
        .Where(s => name.Contains(s.Part, StringComparison.Ordinal))
        .Select(s => s.Reason).FirstOrDefault();
}
