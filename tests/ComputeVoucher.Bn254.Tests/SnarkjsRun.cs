using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Bn254.Tests;

/// <summary>What tests/snarkjs makes, once for all tests: circuit, keys, witnesses and proofs of
/// circom2 and snarkjs.</summary>
public sealed class SnarkjsRun : IAsyncLifetime
{
    /// <summary>Proofs that snarkjs makes, each of a witness of its own.</summary>
    public const int Proofs = 20;

    private static readonly string s_scripts =
        Path.Combine(SharedData.RepositoryRoot, "tests", "snarkjs");

    public string Folder { get; } = Directory.CreateTempSubdirectory("cv-snarkjs-").FullName;

    public async Task InitializeAsync() => await RunAsync(
        "make.mjs", Folder, Proofs.ToString(CultureInfo.InvariantCulture));

    public Task DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return Task.CompletedTask;
    }

    public byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    public ProvingKey Key() => ProvingKey.Read(new MemoryStream(Bytes("tiny.zkey")));

    public VerificationKey VerificationKey() =>
        Bn254.VerificationKey.Parse(Bytes("tiny.vk.json"));

    public Witness WitnessOf(int proof) =>
        Witness.Read(new MemoryStream(Bytes($"{proof}.wtns")));

    public Proof ProofOf(int proof) => Proof.Parse(Bytes($"{proof}.proof.json"));

    public Scalar[] WordsOf(int proof) => PublicWords.Parse(Bytes($"{proof}.public.json"));

    /// <summary>What snarkjs says of the proofs in a folder, by name.</summary>
    public Task<Dictionary<string, bool>> VerifyAsync(string folder) =>
        VerifyAsync(Path.Combine(Folder, "tiny.vk.json"), folder);

    /// <summary>The same with another key.</summary>
    public static async Task<Dictionary<string, bool>> VerifyAsync(string key, string folder)
    {
        Dictionary<string, bool> verdicts = [];
        string output = await RunAsync("verify.mjs", key, folder);
        foreach (string line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ');
            verdicts[words[0]] = bool.Parse(words[1]);
        }

        return verdicts;
    }

    private static async Task<string> RunAsync(string script, params string[] arguments)
    {
        ProcessStartInfo start = new("node", [Path.Combine(s_scripts, script), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        using CancellationTokenSource bound = new(Patience.Default);
        try
        {
            Task<string> error = process.StandardError.ReadToEndAsync(bound.Token);
            string output = await process.StandardOutput.ReadToEndAsync(bound.Token);
            string said = await error;
            await process.WaitForExitAsync(bound.Token);
            return process.ExitCode == 0
                ? output
                : throw new InvalidOperationException($"{script}: {output}{said}");
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}

/// <summary>One run for all classes that want it.</summary>
[CollectionDefinition(Name)]
public sealed class SnarkjsGroup : ICollectionFixture<SnarkjsRun>
{
    public const string Name = "snarkjs";
}
