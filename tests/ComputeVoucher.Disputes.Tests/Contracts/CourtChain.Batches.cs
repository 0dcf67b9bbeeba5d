using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Disputes.Tests;

public sealed partial class CourtChain
{
    /// <summary>Whether each proof convicts; null where the judge of graphs refuses it.</summary>
    internal async Task<bool?[]> ContradictAsync(
        IReadOnlyList<(ChainRun Run, byte[] Proof)> cases)
    {
        List<string> calls = [];
        foreach ((ChainRun run, byte[] proof) in cases)
        {
            string data = Hex.Encode(Call(s_contradicts, run, 0, [proof]));
            calls.Add($$"""{"to":"{{Elements}}","data":"{{data}}"},"latest" """);
        }

        JsonElement[] answers = await _anvil.RpcAllAsync("eth_call", calls);
        return Array.ConvertAll(answers, Answer);
    }

    /// <summary>Runs something, and lets it not have been: anvil copies what is on the chain for
    /// every block, and is slow with thousands of models on it.</summary>
    internal async Task AsideAsync(Func<Task> run)
    {
        string id = (await _anvil.RpcAsync("evm_snapshot")).GetString()!;
        await run();
        await _anvil.RpcAsync("evm_revert", $"\"{id}\"");
    }

    private static bool? Answer(JsonElement answer)
    {
        if (answer.TryGetProperty("result", out JsonElement result))
        {
            return result.GetString()![^1] == '1';
        }

        string refused = answer.GetProperty("error").GetProperty("message").GetString()!;
        return IsRefusal(refused) ? null : throw new InvalidOperationException(refused);
    }
}
