using System;

namespace ComputeVoucher.Bn254;

/// <summary>Many inversions for the price of one and three products each (Montgomery).</summary>
internal static class Batches
{
    /// <summary>Inverts all in place; 0 stays 0.</summary>
    public static void Invert<TField>(Span<TField> values)
        where TField : struct, IField<TField>
    {
        TField[] before = new TField[values.Length];
        TField product = TField.One;
        for (int i = 0; i < values.Length; i++)
        {
            before[i] = product;
            product = values[i].IsZero ? product : product * values[i];
        }

        TField inverse = product.Inverse();
        for (int i = values.Length - 1; i >= 0; i--)
        {
            if (!values[i].IsZero)
            {
                TField value = values[i];
                values[i] = inverse * before[i];
                inverse *= value;
            }
        }
    }
}
