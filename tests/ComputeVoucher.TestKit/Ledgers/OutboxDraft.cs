using System;
using System.Collections.Generic;
using ComputeVoucher.Ledger;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.TestKit;

/// <summary>Outbox entries from a seed: every optional part there or not, every list empty or
/// not.</summary>
public static class OutboxDraft
{
    public static OutboxEntry Entry(Prng random)
    {
        List<OutboxAttempt> attempts = [];
        ulong nonce = random.Next() >> random.Below(64);
        for (int i = random.Chance(50) ? random.Below(4) : 0; i > 0; i--)
        {
            attempts.Add(new OutboxAttempt(
                nonce, Wide(random), Wide(random), random.Next(), Hash(random),
                random.Bytes(random.Below(200))));
        }

        return new OutboxEntry
        {
            Request = Request(random),
            From = Account(random),
            State = (OutboxState)random.Between(1, 5),
            Outcome = (OutboxOutcome)random.Below(7),
            Attempts = attempts,
            MinedBlock = random.Chance(50) ? random.Next() : 0,
            MinedBlockHash = random.Chance(50) ? Hash(random) : default,
            MinedTxHash = random.Chance(50) ? Hash(random) : default,
            CreatedAt = random.Next(),
        };
    }

    private static OutboxRequest Request(Prng random) => new()
    {
        Kind = new string('k', random.Below(OutboxRequest.KindCharsMax + 1)),
        Key = new string('y', random.Below(OutboxRequest.KeyCharsMax + 1)),
        To = random.Chance(80) ? Account(random) : null,
        Data = random.Bytes(random.Below(500)),
        Value = random.Chance(30) ? Wide(random) : 0,
        GasLimit = random.Next(),
        CostMaxWei = random.Chance(50) ? Wide(random) : null,
        UrgentCostMaxWei = random.Chance(50) ? Wide(random) : null,
        IsUrgent = random.Chance(50),
        ExpectedTopic = random.Chance(50) ? Hash(random) : null,
        ExpectedContract = random.Chance(50) ? Account(random) : null,
        Purpose = random.Chance(50) ? Purpose(random) : null,
    };

    private static RedemptionPurpose Purpose(Prng random)
    {
        RedeemedUnits[] channels = new RedeemedUnits[random.Between(1, 5)];
        for (int i = 0; i < channels.Length; i++)
        {
            channels[i] = new RedeemedUnits(Hash(random), Wide(random));
        }

        return new RedemptionPurpose(Hash(random), channels);
    }

    private static UInt128 Wide(Prng random) =>
        new(random.Next() >> random.Below(64), random.Next());

    private static Bytes32 Hash(Prng random) => new(random.Bytes(Bytes32.Size));

    private static Address Account(Prng random) => new(random.Bytes(Address.Size));
}
