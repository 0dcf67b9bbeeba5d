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
