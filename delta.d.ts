export declare function deltaOf(source: Buffer, target: Buffer): Buffer;
