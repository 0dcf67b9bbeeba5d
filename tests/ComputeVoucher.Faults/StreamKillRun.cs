using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Faults;

/// <summary>
/// Client, node or both are killed with SIGKILL in the middle of a text. Whatever was killed: the
/// next answer is the whole text of its own prompt, every token once, no sequence has two receipts,
/// and in the end all accounts of the units agree.
/// </summary>
internal static class StreamKillRun
{
    private const ulong UnitsBought = 1_000_000_000_000_000;

    /// <summary>Long enough to be killed in, short enough for hundreds.</summary>
    private const string Tokens = "200";

    private static readonly string[] s_prompts =
        ["Once upon a time", "The dog", "Lily had", "One day a", "In the garden"];

    /// <summary>Exit status: 0 all is right, 1 it is not, 2 too little happened to tell.</summary>
    public static async Task<int> RunAsync(int kills, ulong seed)
    {
        if (NodeRig.Binary is null || AnvilProcess.Binary is null)
        {
            Console.Error.WriteLine("stream kill: no published binary or no anvil: ./run.sh build");
            return 2;
        }

        Prng random = new(seed);
        await using NodeRig rig = await NodeRig.CreateAsync(UnitsBought, NodeRig.ShippedTales);
        await rig.StartNodeAsync();
        byte[][] texts = Array.ConvertAll(s_prompts, prompt => Encoding.UTF8.GetBytes(rig.Json(
            "generate", "--model", rig.Model, "--prompt", prompt, "--tokens", Tokens)
            .GetProperty("text").GetString() + "\n"));
        for (int i = 0; i < kills; i++)
        {
            int which = random.Below(s_prompts.Length);
            int life = 1 + random.Below(texts[which].Length);
            bool killsNode = random.Below(2) == 0;
            bool killsClient = !killsNode || random.Below(2) == 0;
            string? wrong = await KillAsync(
                rig, s_prompts[which], texts[which], life, killsNode, killsClient);
            if (wrong is not null)
            {
                Console.Error.WriteLine($"stream kill: kill {i} of seed {seed}: {wrong}");
                return 1;
            }
        }

        if (TwoOfOneSequence(rig.PathOf("receipts")) is { } seq)
        {
            Console.Error.WriteLine($"stream kill: sequence {seq} has two receipts");
            return 1;
        }

        // A kill may come before the order is signed, or leave nothing to be done again.
        return await KillRun.AgreeAsync(rig, "stream kill", kills, seed, kills / 2,
            rig.PromptArguments(s_prompts[0], "--tokens", Tokens));
    }

    /// <summary>One order, killed after so many bytes of its text; what was wrong, or null.
    /// </summary>
    private static async Task<string?> KillAsync(NodeRig rig, string prompt, byte[] text, int life,
        bool killsNode, bool killsClient)
    {
        using Process client = Process.Start(NodeRig.StartOf(null, rig.PromptArguments(
            prompt, "--tokens", Tokens, "--receipts", rig.PathOf("receipts"))))!;
        Task<string> words = client.StandardError.ReadToEndAsync();
        byte[] seen = new byte[life];
        int count = await client.StandardOutput.BaseStream.ReadAtLeastAsync(
            seen, life, throwOnEndOfStream: false);
        if (killsNode)
        {
            rig.KillNode();
        }

        if (killsClient)
        {
            client.Kill();
        }

        if (killsNode)
        {
            await rig.StartNodeAsync();
        }

        using MemoryStream rest = new();
        rest.Write(seen, 0, count);
        await client.StandardOutput.BaseStream.CopyToAsync(rest);
        await client.WaitForExitAsync();
        byte[] shown = rest.ToArray();
        bool right = killsClient
            ? shown.Length <= text.Length && text.AsSpan().StartsWith(shown)
            : client.ExitCode == 0 && shown.AsSpan().SequenceEqual(text);
        return right ? null : $"status {client.ExitCode}, behind {prompt} came "
            + $"{Encoding.UTF8.GetString(shown)} where {Encoding.UTF8.GetString(text)} is right: "
            + await words;
    }

    private static long? TwoOfOneSequence(string receipts)
    {
        HashSet<long> seen = [];
        foreach (string line in File.Exists(receipts) ? File.ReadAllLines(receipts) : [])
        {
            // A client that was killed may have left half a line.
            if (line.EndsWith('}'))
            {
                using JsonDocument one = JsonDocument.Parse(line);
                long seq = one.RootElement.GetProperty("seq").GetInt64();
                if (!seen.Add(seq))
                {
                    return seq;
                }
            }
        }

        return null;
    }
}
