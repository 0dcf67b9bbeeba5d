using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>One transaction of a command, on an account that others use as well.</summary>
[Trait("Category", "load")]
public sealed class TransactionSenderTests
{
    [Fact]
    public async Task Send_ForeignPendingBeforeIt_SaysSoOnceAndTakesTheNextNonce()
    {
        ManualClock clock = new();
        ScriptedChain chain = new() { Pending = 1 };
        using JsonRpcClient rpc = ScriptedChain.Connect(clock, chain);
        using PrivateKey key = PrivateKey.Parse(AnvilProcess.Keys[0]);
        List<string> said = [];
        SenderOptions options = new() { ChainId = AnvilFixture.ChainId, Say = said.Add };
        using TransactionSender sender = new(rpc, key, options, clock);
        Task<TransactionReceipt> sending = sender.SendAsync("test", Address.Zero, [1], default);
        for (int second = 0; second < 200 && !sending.IsCompleted; second++)
        {
            if (second == 60)
            {
                Assert.Empty(chain.Offered);
                Assert.Contains("not outbid", Assert.Single(said), StringComparison.Ordinal);
                chain.Nonce = 1;
            }

            if (chain.Pool.Count == 1 && chain.Nonce == 1)
            {
                chain.Mine(chain.Pool[0], key.Address, Address.Zero);
                (chain.Nonce, chain.Pending) = (2, 2);
            }

            clock.Advance(1);
            await Task.Yield();
        }

        Assert.True((await sending).IsSuccess is true);
        Assert.Equal(1UL, Assert.Single(chain.Offered).Nonce);
        Assert.Equal(2, said.Count);
    }
}
