using System;
using System.IO;
using System.Text.Json;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>What cannot be made again is not overwritten; what the contract or the model would
/// refuse is refused where it is said, as text and as JSON.</summary>
[Trait("Category", "load")]
public sealed class FilesAndBoundsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cv-bounds-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [BinaryFact]
    public void ClassFile_MadeTwice_FirstStays()
    {
        Assert.Equal(0, NodeRig.Run(Class("a.json")).Status);
        byte[] first = File.ReadAllBytes(PathOf("a.json"));
        (int status, _, string error) = NodeRig.Run(Class("a.json"));
        Assert.Equal(1, status);
        Assert.Contains("already there", error, StringComparison.Ordinal);
        Assert.Equal(first, File.ReadAllBytes(PathOf("a.json")));
    }

    [BinaryFact]
    public void ClassTerms_ThatTheContractRefuses_AreUsage()
    {
        string[][] wrong =
        [
            ["--thaw-days", "2"], ["--thaw-days", "31"], ["--expiry-days", "0"],
            ["--expiry-days", "1827"], ["--window-days", "31"], ["--premium-bps", "10001"],
            ["--burn-bps", "10001"],
        ];
        foreach (string[] more in wrong)
        {
            (int status, _, string error) = NodeRig.Run([.. Class("b.json"), .. more]);
            Assert.True(status == 2, $"{more[0]} {more[1]}: {status} {error}");
            Assert.Contains(more[0], error, StringComparison.Ordinal);
            Assert.False(File.Exists(PathOf("b.json")));
        }
    }

    /// <summary>At temperature 0 nothing is drawn, and a wrong value is wrong all the same.
    /// </summary>
    [BinaryFact]
    public void Sampling_WrongAtTemperatureZero_IsUsage()
    {
        string[][] wrong =
        [
            ["--top-p", "0"], ["--top-p", "7"], ["--top-p", "x"], ["--top-k", "0"],
            ["--top-k", "100000"], ["--temperature", "x"],
        ];
        foreach (string[] more in wrong)
        {
            (int status, _, string error) = NodeRig.Run(["generate", "--model",
                NodeRig.ShippedTales, "--prompt", "Once", "--tokens", "1", .. more]);
            Assert.True(status == 2, $"{more[0]} {more[1]}: {status} {error}");
            Assert.Contains(more[0], error, StringComparison.Ordinal);
        }
    }

    [BinaryFact]
    public void Failure_WithJson_IsOneObject()
    {
        Told(2, "usage", "class", "create", "--nonsense");
        Told(1, "failed", "key", "address", "/nowhere/none.key");
    }

    private static void Told(int expected, string reason, params string[] words)
    {
        (int status, string output, string error) = NodeRig.Run([.. words, "--json"]);
        Assert.Equal(expected, status);
        Assert.Empty(output);
        using JsonDocument one = JsonDocument.Parse(error);
        JsonElement told = one.RootElement.GetProperty("error");
        Assert.Equal(reason, told.GetProperty("reason").GetString());
        Assert.NotEmpty(told.GetProperty("message").GetString()!);
        Assert.NotEmpty(told.GetProperty("remedy").GetString()!);
    }

    private string[] Class(string file) =>
    [
        "class", "create", "--token", "0x" + new string('1', 40), "--price", "1", "-o",
        PathOf(file),
    ];

    private string PathOf(string name) => Path.Combine(_folder, name);
}
